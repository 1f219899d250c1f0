"""A server in memory, through the real client, as a named person."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Literal

from mcp import Client

from platform_core.approval.desk import Desk
from platform_core.auth.principal import Principal
from platform_core.call import Call, current_call
from platform_core.experiment import unreviewed
from platform_core.policy.artefact import PolicyArtefact
from platform_core.server import Server
from platform_core.telemetry.record import Entry
from platform_core.testing.people import PEOPLE


class Kept(list[Entry]):
    """Records of a test, in order."""

    def write(self, entry: Entry) -> None:
        self.append(entry)

    def write_durably(self, entry: Entry) -> None:
        self.append(entry)


@asynccontextmanager
async def connect_as(
    server: Server,
    who: str | Principal,
    *,
    era: Literal["auto", "legacy"] = "auto",
    policy: PolicyArtefact | None = None,
    kept: Kept | None = None,
    desk: Desk | None = None,
    **client: Any,
) -> AsyncGenerator[Client]:
    """Connect the real MCP client to `server` as a person of `PEOPLE` or as any principal.

    `era`: `auto` speaks 2026-07-28, `legacy` 2025-11-25. `policy` stands in for the manifest's own wish; `kept`
    collects the records, `desk` the approvals where a tool asks. Further keywords go to `mcp.Client` (for example
    `elicitation_callback`).
    """
    principal = PEOPLE[who].calling_from() if isinstance(who, str) else who
    composed = server.compose(unreviewed(server, kept if kept is not None else Kept(), policy), desk)
    token = current_call.set(Call(principal=principal))
    try:
        async with Client(composed, mode=era, **client) as connected:
            yield connected
    finally:
        current_call.reset(token)
