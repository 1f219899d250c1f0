"""Knocking at the doors as anybody, over real connections: what the pre-flight says, and what happens."""

import contextlib
import ssl
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal

import httpx2

from platform_core.auth.clients import CLIENTS, Environment, Listener
from tests.gateway.wire import Json, message, mirrored
from tests.matrix.draws import DOMAIN, Somebody, Visit, client_of

Door = tuple[Environment, Listener]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A verdict, and who gave it."""

    allowed: bool
    rule: str
    by: Literal["proxy", "server", "registry"]
    status: int

    @property
    def kind(self) -> str:
        """The rule without its server."""
        return self.rule.rpartition("/")[2]


class Visitors:
    """Everybody's clients: one connection pool for each side and each workload."""

    def __init__(
        self, doors: Mapping[Door, str], token: Callable[[Somebody, str], str], pools: Mapping[str | None, Any]
    ) -> None:
        self._doors: dict[Door, str] = dict(doors)
        self._token, self._pools = token, pools

    def speak_in_the_clear(self) -> None:
        """The mesh's doors speak no TLS any more."""
        self._doors = {door: url.replace("https://", "http://") for door, url in self._doors.items()}

    async def call(self, visit: Visit, tool: str) -> Outcome:
        """Call `tool` and say what came of it."""
        return _read(await self._post(visit, message("tools/call", tool, era=visit.era)))

    async def listed(self, visit: Visit) -> set[str] | None:
        """The tools that the visitor is shown; None where the door stays shut."""
        reply = await self._post(visit, message("tools/list", era=visit.era))
        with contextlib.suppress(KeyError):
            return {tool["name"] for tool in reply.json()["result"]["tools"]}
        return None

    async def preflight(self, visit: Visit, tool: str | None) -> Outcome:
        """What the registry says beforehand; it is asked with the token of the visitor's surface in production."""
        client = client_of(visit.surface, "production")
        asked = {"server": visit.server, "environment": visit.environment} | ({"tool": tool} if tool else {})
        pool, headers = self._as(visit, client)
        url = f"{self._doors['production', CLIENTS[client].listener]}/api/preflight"
        reply = await pool.get(url, params=asked, headers=headers)
        said = reply.json()
        allowed = reply.status_code == 200 and bool(said["allow"])
        return Outcome(allowed=allowed, rule=str(said["rule"]), by="registry", status=reply.status_code)

    async def service(self, spiffe_id: str, server: str, tool: str, era: str, environment: Environment) -> Outcome:
        """Call `tool` as a service, without a person."""
        sent = message("tools/call", tool, era=era)
        return await self.intrude((environment, "mesh"), server, sent, era, workload=spiffe_id)

    async def intrude(
        self, door: Door, server: str, sent: Json, era: str, *, workload: str | None = None, token: str | None = None
    ) -> Outcome:
        """Knock at any door with any certificate and any token, or without."""
        proof = {} if token is None else {"authorization": f"Bearer {token}"}
        headers = dict(mirrored(sent, era=era)) | proof
        return _read(await self._pools[workload].post(f"{self._doors[door]}/mcp/{server}", json=sent, headers=headers))

    async def _post(self, visit: Visit, sent: Json) -> httpx2.Response:
        pool, headers = self._as(visit, visit.client)
        url = f"{self._doors[visit.environment, CLIENTS[visit.client].listener]}/mcp/{visit.server}"
        return await pool.post(url, json=sent, headers=dict(mirrored(sent, era=visit.era)) | headers)

    def _as(self, visit: Visit, client: str) -> tuple[httpx2.AsyncClient, dict[str, str]]:
        headers = {"authorization": f"Bearer {self._token(visit.who, client)}"}
        if visit.channel is not None:
            headers["x-seedbed-channel"] = visit.channel
        return self._pools[CLIENTS[client].spiffe_id(DOMAIN)], headers


def _read(reply: httpx2.Response) -> Outcome:
    by = "server" if "x-decided-by" in reply.headers else "proxy"
    said: Json = reply.json()
    result: Json | None = said.get("result") if reply.status_code == 200 else None
    if result is not None and not result.get("isError"):
        return Outcome(allowed=True, rule="", by=by, status=200)
    error: Json = said.get("error", {})
    why: Json = (result or {}).get("structuredContent") or error.get("data") or said
    return Outcome(allowed=False, rule=str(why.get("rule")), by=by, status=reply.status_code)


@asynccontextmanager
async def visitors(
    doors: Mapping[Door, str], token: Callable[[Somebody, str], str], identities: Mapping[str, ssl.SSLContext]
) -> AsyncGenerator[Visitors]:
    """Open a pool for people's own clients and one for each workload."""
    limits = httpx2.Limits(max_connections=16, max_keepalive_connections=16)
    ways: dict[str | None, Any] = {None: False, **identities}
    async with AsyncExitStack() as stack:
        pools = {
            who: await stack.enter_async_context(
                httpx2.AsyncClient(verify=way, limits=limits, timeout=60, trust_env=False)
            )
            for who, way in ways.items()
        }
        yield Visitors(doors, token, pools)
