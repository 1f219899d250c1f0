"""One look at a server through a client that stays open: it lists all and calls nothing."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from mcp import Client
from mcp.types import Tool

from registry.probe.difference import Listing

PAGES = 100
"""A list that never ends is no list."""
OTHERS_EVERY = 12
"""Looks from one at resources and prompts to the next: tools are what can be called."""


class Looking:
    """What a server lists, looked at again and again."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._looks = 0
        self._others: tuple[dict[str, str], dict[str, str]] = ({}, {})

    @property
    def version(self) -> str:
        """As the server says of itself."""
        return self._client.server_info.version if self._client.server_info else ""

    async def look(self) -> Listing:
        """What it lists now."""
        tools: list[Tool] = [tool async for tool in _all(self._client.list_tools, "tools")]
        if self._looks % OTHERS_EVERY == 0:
            self._others = await self._resources(), await self._prompts()
        self._looks += 1
        return Listing(tools=tools, resources=self._others[0], prompts=self._others[1])

    def doubt(self) -> None:
        """Have the next look be at everything: a difference counts when it is seen again, not when it is remembered."""
        self._looks = 0

    async def _resources(self) -> dict[str, str]:
        if not self._client.server_capabilities.resources:
            return {}
        client = self._client
        found = {str(one.uri): one.description or "" async for one in _all(client.list_resources, "resources")}
        templates = _all(client.list_resource_templates, "resource_templates")
        return found | {one.uri_template: one.description or "" async for one in templates}

    async def _prompts(self) -> dict[str, str]:
        if not self._client.server_capabilities.prompts:
            return {}
        return {one.name: one.description or "" async for one in _all(self._client.list_prompts, "prompts")}


async def _all(ask: Callable[..., Awaitable[Any]], name: str) -> AsyncIterator[Any]:
    cursor: str | None = None
    for _ in range(PAGES):
        page = await ask(cursor=cursor)
        for one in getattr(page, name):
            yield one
        cursor = page.next_cursor
        if not cursor:
            return
