"""Pages as a signed-in person gets and reads them."""

import re

import httpx2

from platform_core.testing import PEOPLE
from registry.store import sessions
from tests.registry.stage import Registry


async def page_for(registry: Registry, login: str, path: str, **query: str) -> httpx2.Response:
    """A page as a signed-in person gets it."""
    person = PEOPLE[login].calling_from("registry", client="seedbed-registry")
    async with registry.parts.database.writing() as connection:
        secret = await sessions.open_session(connection, person, now=registry.parts.clock())
    headers = {"Cookie": f"seedbed-registry-session={secret}"}
    return await registry.public.get(path, params=query or None, headers=headers)


async def read(registry: Registry, login: str, path: str, **query: str) -> str:
    """The words of a page, as a screen reader would go through them."""
    html = (await page_for(registry, login, path, **query)).text
    return " ".join(re.sub(r"<[^>]+>", " ", html[html.index("<main") :]).split())


async def links(registry: Registry, login: str, path: str, **query: str) -> list[str]:
    """Where the links of a page lead to."""
    return re.findall(r'<a href="([^"]+)"', (await page_for(registry, login, path, **query)).text)
