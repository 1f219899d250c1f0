"""The inbox: what is told to somebody, their teams and their roles; what waits can't be put aside."""

import re

import httpx2
import pytest

from platform_core.testing import PEOPLE
from registry.notices.inbox import waiting_for
from registry.store import notices
from registry.store.notices import Audience, Kind
from tests.registry.pages.asking import Asked, ask
from tests.registry.stage import Registry

SAME = {"Sec-Fetch-Site": "same-origin"}
REVIEWERS = Audience("role", "security-reviewer")


@pytest.fixture
async def asked(registry: Registry) -> Asked:
    """A question to ana, and so a notice."""
    return await ask(registry)


async def post(asked: Asked, to: Audience, kind: Kind = "review.decided", text: str = "Presto 2.0 is live") -> None:
    parts = asked.registry.parts
    async with parts.database.writing() as connection:
        await notices.post(connection, kind=kind, to=to, about=text, text=text, link="/reviews/1", now=parts.clock())


async def read(asked: Asked, login: str) -> str:
    """Somebody's inbox as a screen reader would go through it."""
    cookie, _ = await asked.signed_in(PEOPLE[login].calling_from("registry", client="seedbed-registry"))
    html = (await asked.registry.public.get("/inbox", headers=cookie)).text
    return " ".join(re.sub(r"<[^>]+>", " ", html[html.index("<main") : html.index("<footer")]).split())


async def aside(asked: Asked, login: str, id: int, **changed: str) -> httpx2.Response:
    cookie, csrf = await asked.signed_in(PEOPLE[login].calling_from("registry", client="seedbed-registry"))
    form = {"csrf": csrf} | changed
    return await asked.registry.public.post(f"/inbox/{id}/aside", data=form, headers=cookie | SAME)


async def ids(asked: Asked, login: str) -> list[tuple[int, str]]:
    found = await asked.registry.ask("/api/notices", login)
    return [(one["id"], one["kind"]) for one in found["notices"]]


async def waits(asked: Asked, login: str, *roles: str) -> int:
    async with asked.registry.parts.database.reading() as connection:
        return await waiting_for(connection, PEOPLE[login].calling_from(), roles=roles)


async def test_a_question_is_in_the_inbox_until_it_is_answered(asked: Asked) -> None:
    assert "Approval Garden asks: Pull up 3 plants of roses?" in await read(asked, "ana")
    assert await waits(asked, "ana") == 1
    assert "Pull up" not in await read(asked, "bo")
    cookie, csrf = await asked.signed_in()
    await asked.post(cookie | SAME, answer="decline", csrf=csrf)
    assert "Nothing waits for you" in await read(asked, "ana")
    assert await waits(asked, "ana") == 0


async def test_teams_and_roles_are_told_what_is_theirs(asked: Asked) -> None:
    await post(asked, Audience("group", "finance"))
    await post(asked, REVIEWERS, "review.waits", "Presto 3.0 waits")
    assert "Presto 2.0 is live to the team finance" in await read(asked, "ana")
    assert "Presto 3.0 waits to every security-reviewer" in await read(asked, "sam")
    assert await waits(asked, "sam", "security-reviewer") == 1
    assert await waits(asked, "sam") == 0
    assert "Presto" not in await read(asked, "bo")


async def test_what_is_put_aside_stays_for_the_others(asked: Asked) -> None:
    await post(asked, Audience("group", "data-engineering"))
    await post(asked, Audience("person", "bo"), text="Spark is live")
    [(id, _)] = [one for one in await ids(asked, "ana") if one[1] == "review.decided"]
    assert (await aside(asked, "ana", id)).headers["location"] == "/inbox?aside=1"
    assert "Presto 2.0" not in await read(asked, "ana")
    async with asked.registry.parts.database.reading() as connection:
        group = [Audience("group", "data-engineering")]
        assert len(await notices.open_for(connection, "somebody-else", group)) == 1


async def test_what_waits_can_not_be_put_aside_nor_what_is_told_to_others(asked: Asked) -> None:
    await post(asked, Audience("person", "bo"))
    [(waiting, _)] = await ids(asked, "ana")
    [(of_bo, _)] = await ids(asked, "bo")
    for id in (waiting, of_bo, 9_999):
        assert (await aside(asked, "ana", id)).status_code == 404
    assert (await aside(asked, "bo", of_bo, csrf="guess")).status_code == 403
    assert [await ids(asked, "ana"), await ids(asked, "bo")] == [
        [(waiting, "approval.waits")], [(of_bo, "review.decided")],
    ]  # fmt: skip


async def test_nobody_is_told_anything_without_signing_in(registry: Registry) -> None:
    for path in ("/inbox", "/inbox/events"):
        assert (await registry.public.get(path)).headers["location"].startswith("/login")
    assert (await registry.public.get("/api/notices")).status_code == 401
