"""A question of the garden that waits for ana, and the registry that shows it."""

import re
from dataclasses import dataclass, replace
from typing import Any

import httpx2

from platform_core.approval.desk import Desk
from platform_core.approval.opening import bare_desk
from platform_core.approval.record import Approval
from platform_core.auth.principal import Principal
from platform_core.testing import PEOPLE, asked_by, connect_as
from registry.store import sessions
from tests.registry.stage import Registry
from tests.servers.garden.beds import garden
from tests.servers.garden.server import server

PULL = {"bed": "roses", "plants": 3}
ANA = PEOPLE["ana"].calling_from("registry", client="seedbed-registry")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question of the garden that waits for ana, and the registry that shows it."""

    registry: Registry
    desk: Desk
    id: str

    @property
    def path(self) -> str:
        return f"/approvals/{self.id}"

    async def found(self) -> Approval:
        found = await self.registry.parts.approvals.read(self.id, now=self.registry.parts.clock())
        assert found is not None
        return found

    async def signed_in(self, who: Principal = ANA) -> tuple[dict[str, str], str]:
        """The cookie of a browser in which `who` is signed in, and the token of its pages."""
        parts = self.registry.parts
        async with parts.database.writing() as connection:
            secret = await sessions.open_session(connection, who, now=parts.clock())
            session = await sessions.find_session(connection, secret, now=parts.clock())
        assert session is not None
        return {"Cookie": f"seedbed-registry-session={secret}"}, session.csrf

    async def read(self, who: Principal = ANA, query: str = "") -> httpx2.Response:
        cookie, _ = await self.signed_in(who)
        return await self.registry.public.get(self.path + query, headers=cookie)

    async def post(self, headers: dict[str, str], **form: str) -> httpx2.Response:
        return await self.registry.public.post(self.path, data=form, headers=headers)

    async def words(self) -> str:
        """The page as a screen reader would go through it."""
        html = (await self.read()).text
        return " ".join(re.sub(r"<[^>]+>", " ", html[html.index("<main") :]).split())

    async def call(self, **arguments: Any) -> Any:
        """The same call again, from ana's own client."""
        async with connect_as(server, "ana", desk=self.desk) as visit:
            return await visit.call_tool("pull_up", arguments or PULL)


async def ask(registry: Registry, **arguments: Any) -> Asked:
    """Let ana's own client call `pull_up` in a fresh garden."""
    garden.start_over()
    base = registry.parts.platform.base
    desk = bare_desk(server.manifest, server.contract(), registry.parts.platform.state, pages=base)
    desk = replace(desk, store=registry.parts.approvals)
    async with connect_as(server, "ana", desk=desk) as visit:
        approval = await asked_by(desk, await visit.call_tool("pull_up", arguments or PULL))
    return Asked(registry=registry, desk=desk, id=approval.id)
