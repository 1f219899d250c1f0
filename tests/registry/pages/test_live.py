"""Pages that are open are told when what they show has changed, and by nobody who may not read it."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.registry.pages.asking import Asked, ask
from tests.registry.stage import PATIENCE, Registry

SAME = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
async def asked(served: Registry) -> Asked:
    return await ask(served)


@asynccontextmanager
async def listening(asked: Asked, path: str) -> AsyncGenerator[AsyncIterator[str]]:
    """The events of a page that ana has open."""
    cookie, _ = await asked.signed_in()
    async with asked.registry.public.stream("GET", path, headers=cookie) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield answer.aiter_lines()


async def changed(lines: AsyncIterator[str]) -> str:
    """The name of what the page is told to show next."""
    async with asyncio.timeout(PATIENCE):
        async for line in lines:
            if line.startswith("data: "):
                return line.removeprefix("data: ")
    raise AssertionError("the stream ended")


@pytest.mark.parametrize("path", ["{page}/events", "/approvals/events", "/inbox/events"])
async def test_a_page_hears_of_an_answer(asked: Asked, path: str) -> None:
    async with listening(asked, path.format(page=asked.path)) as lines:
        first = await changed(lines)
        cookie, csrf = await asked.signed_in()
        await asked.post(cookie | SAME, answer="grant", csrf=csrf)
        assert await changed(lines) != first


async def test_a_page_that_shows_what_is_so_is_told_nothing_until_it_changes(asked: Asked) -> None:
    async with listening(asked, f"{asked.path}/events") as lines:
        seen = await changed(lines)
    async with listening(asked, f"{asked.path}/events?seen={seen}") as lines:
        cookie, csrf = await asked.signed_in()
        await asked.post(cookie | SAME, answer="decline", csrf=csrf)
        assert await changed(lines) != seen
    assert "Declined" in (await asked.read()).text


async def test_a_batch_hears_of_the_next_question(asked: Asked) -> None:
    async with listening(asked, "/approvals/batches/dev/garden/events") as lines:
        first = await changed(lines)
        await asked.call(bed="roses", plants=4)
        assert await changed(lines) != first


async def test_nobody_else_listens(asked: Asked) -> None:
    assert (await asked.registry.public.get(f"{asked.path}/events")).status_code == 303
    headers = asked.registry.issuer.headers("ana")
    assert (await asked.registry.public.get(f"{asked.path}/events", headers=headers)).status_code == 303


async def test_open_pages_do_not_keep_the_registry_from_leaving(asked: Asked) -> None:
    async with listening(asked, "/inbox/events") as lines:
        await changed(lines)
        asked.registry.parts.bell.close()
        async with asyncio.timeout(PATIENCE):
            assert [line async for line in lines if line.startswith("data")] == []
