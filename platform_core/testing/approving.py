"""A desk for the tests of a server whose tools ask, and the person who answers on the page."""

from pathlib import Path
from typing import Any, cast

from mcp.types import CallToolResult

from platform_core.approval.desk import Desk
from platform_core.approval.opening import bare_desk
from platform_core.approval.record import Answer, Approval
from platform_core.server import Server

PAGES = "https://registry.test"


def desk_in(folder: Path, server: Server) -> Desk:
    """A desk that keeps its approvals in `folder` and links to pages that are nowhere."""
    return bare_desk(server.manifest, server.contract(), folder, pages=PAGES)


async def answer_on_page(desk: Desk, result: CallToolResult, answer: Answer = "granted") -> bool:
    """Answer, as its person on the page would, the question that `result` links to."""
    return await desk.answer(await asked_by(desk, result), answer, on="page")


async def asked_by(desk: Desk, result: CallToolResult) -> Approval:
    """The approval that `result` waits for."""
    fields = cast("dict[str, Any]", result.structured_content)
    found = await desk.store.read(fields["approval"], now=desk.clock())
    assert found is not None, "nothing was asked"  # noqa: S101  # it is a test's own claim
    return found
