"""This server as a client of others: in its own name, by its own certificate, through the front door."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from mcp.types import TextResourceContents

from platform_core.mesh.follow import SvidFollower
from platform_core.mesh.tls import MeshContext
from servers.knowledge.sources.page import SourceDown

SECONDS = 30.0
"""For the identity, and again for the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mesh:
    """The way to other servers."""

    base: str
    """URL of the mesh's door."""
    socket: Path
    """Where this workload gets its identity."""
    identity: str
    gateway: str
    """SPIFFE ids of this server and of the proxy."""

    def read(self, server: str, uri: str) -> str:
        """The text of a resource of another server. Raises `SourceDown`."""
        try:
            return asyncio.run(self._read(server, uri))
        except TimeoutError:
            raise SourceDown(f"{server} or the mesh's agent did not answer within {SECONDS:g} s") from None
        except MCPError as error:
            raise SourceDown(f"{server} refused {uri}: {error}") from None
        except (httpx2.HTTPError, ExceptionGroup) as error:
            raise SourceDown(f"{server} can't be reached at {self.base}: {_first(error)}") from None

    async def _read(self, server: str, uri: str) -> str:
        follower = SvidFollower(socket=self.socket, spiffe_id=self.identity)
        following = asyncio.create_task(follower.run())
        try:
            async with asyncio.timeout(SECONDS):
                await follower.wait_ready()
            async with asyncio.timeout(SECONDS):
                return await self._text(MeshContext(follower, peer=self.gateway), server, uri)
        finally:
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following

    async def _text(self, tls: MeshContext, server: str, uri: str) -> str:
        async with (
            httpx2.AsyncClient(verify=tls, timeout=SECONDS, trust_env=False) as http,
            Client(streamable_http_client(f"{self.base}/mcp/{server}", http_client=http)) as client,
        ):
            said = await client.read_resource(uri)
        return "".join(each.text for each in said.contents if isinstance(each, TextResourceContents))


def _first(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = cast("Any", error).exceptions[0]
    return str(error) or type(error).__name__
