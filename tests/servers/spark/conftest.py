"""The server on the shipped logs, with a state folder of its own for each test."""

from collections.abc import AsyncGenerator, Generator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol, cast

import pytest
from mcp import Client
from mcp.types import TextContent

from platform_core.approval.desk import Desk
from platform_core.approval.record import Answer, Approval
from platform_core.auth.principal import Principal
from platform_core.testing import Kept, answer_on_page, asked_by, connect_as, desk_in
from servers.spark import session
from servers.spark.server import server


class Spark:
    """A connected client, in the words of the tests."""

    def __init__(self, client: Client, desk: Desk) -> None:
        self.client, self._desk = client, desk

    async def record(self, arguments: dict[str, Any], answer: Answer = "granted") -> tuple[dict[str, Any], Approval]:
        """Record a root cause; the person answers on the page. The fields of the outcome, and what was asked."""
        asked = await self.client.call_tool("record_root_cause", arguments)
        question = await asked_by(self._desk, asked)
        await answer_on_page(self._desk, asked, answer)
        _, fields, _ = await self.outcome("record_root_cause", **arguments)
        return fields, question

    async def ask(self, tool: str, **arguments: Any) -> tuple[str, dict[str, Any]]:
        """The text and the fields of an answer that is no error."""
        text, fields, error = await self.outcome(tool, **arguments)
        assert not error, text
        return text, fields

    async def refusal(self, tool: str, **arguments: Any) -> tuple[str, dict[str, Any]]:
        text, fields, error = await self.outcome(tool, **arguments)
        assert error, text
        return text, fields

    async def outcome(self, tool: str, **arguments: Any) -> tuple[str, dict[str, Any], bool]:
        result = await self.client.call_tool(tool, arguments)
        [content] = result.content
        assert isinstance(content, TextContent)
        return content.text, cast("dict[str, Any]", result.structured_content), bool(result.is_error)


class Opening(Protocol):
    def __call__(self, who: str | Principal, **how: Any) -> AbstractAsyncContextManager[Spark]: ...


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Path]:
    """The server's state folder; settings are read anew in each test."""
    monkeypatch.setenv("SEEDBED_SPARK_STATE", str(tmp_path / "state"))
    session.shared.cache_clear()
    yield tmp_path / "state"
    session.shared.cache_clear()


@pytest.fixture
def opened(state: Path) -> Opening:
    """Connect as somebody; questions are asked at a desk of the test's own."""

    @asynccontextmanager
    async def connect(who: str | Principal, **how: Any) -> AsyncGenerator[Spark]:
        desk = desk_in(state.parent, server)
        async with connect_as(server, who, desk=desk, kept=how.pop("kept", Kept()), **how) as client:
            yield Spark(client, desk)

    return connect
