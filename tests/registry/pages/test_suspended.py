"""What is suspended stands on one page, and only an operator at that page opens it again."""

import re
import time

import httpx2
import pytest

from platform_core.policy.suspend import Suspension
from platform_core.testing import PEOPLE
from registry.store import sessions
from tests.registry.pages.reading import page_for, read
from tests.registry.stage import Registry


async def close(registry: Registry, **what: str) -> None:
    entry = Suspension.model_validate({"reason": "leaks rows", "by": "olu", "at": int(time.time())} | what)
    await registry.parts.suspending.suspend(entry, ["production", "dev"] if "person" in what else ["production"])


async def press(registry: Registry, login: str, *, client: str = "seedbed-registry", **sent: str) -> httpx2.Response:
    """The button of the first row, as somebody's browser presses it; what is sent along can be changed."""
    html = (await page_for(registry, "olu", "/suspensions")).text
    button = re.search(r'action="(/suspensions/[0-9a-f]{16}/lift)"', html)
    assert button
    person = PEOPLE[login].calling_from("registry", client=client)
    async with registry.parts.database.writing() as connection:
        secret = await sessions.open_session(connection, person, now=registry.parts.clock())
    async with registry.parts.database.reading() as connection:
        signed_in = await sessions.find_session(connection, secret, now=registry.parts.clock())
    assert signed_in
    headers = {"Cookie": f"seedbed-registry-session={secret}"} | {"Sec-Fetch-Site": sent.pop("site", "same-origin")}
    return await registry.public.post(button[1], data={"csrf": signed_in.csrf} | sent, headers=headers)


async def closed(registry: Registry) -> list[str | None]:
    found = [await registry.parts.suspending.in_force(environment) for environment in ("production", "dev")]
    return [entry.server or entry.person for each in found if each for entry in each.entries]


async def test_it_says_what_where_why_by_whom_and_since_when(registry: Registry) -> None:
    await registry.make_live("presto")
    assert "Nothing is suspended" in await read(registry, "ana", "/suspensions")
    await close(registry, server="presto", tool="run_query")
    await close(registry, person="bo")
    shown = await read(registry, "olu", "/suspensions")
    assert "run_query of presto one tool production leaks rows olu" in shown
    assert "bo a person production and dev leaks rows olu" in shown
    assert shown.count("Open it again") == 2


async def test_who_is_suspended_is_shown_to_operators_and_to_themselves(registry: Registry) -> None:
    await close(registry, person="bo")
    for login, sees in (("olu", True), ("bo", True), ("ana", False)):
        assert ("leaks rows" in await read(registry, login, "/suspensions")) is sees
    assert "Open it again" not in await read(registry, "bo", "/suspensions")


async def test_an_operator_opens_it_again_wherever_it_was_closed(registry: Registry) -> None:
    await close(registry, person="bo")
    assert await closed(registry) == ["bo", "bo"]
    answer = await press(registry, "olu")
    assert (answer.status_code, answer.headers["location"]) == (303, "/suspensions?opened=1")
    assert await closed(registry) == []
    assert "It is open again." in await read(registry, "olu", "/suspensions?opened=1")


@pytest.mark.parametrize(
    ("login", "sent"),
    [
        ("ana", {}),
        ("sam", {}),
        ("olu", {"csrf": "guess"}),
        ("olu", {"site": "cross-site"}),
        ("olu", {"client": "seedbed-cli"}),
    ],
    ids=str,
)
async def test_nobody_else_and_no_other_page_or_program_opens_it(
    registry: Registry, login: str, sent: dict[str, str]
) -> None:
    await registry.make_live("presto")
    await close(registry, server="presto")
    assert (await press(registry, login, **sent)).status_code == 403
    assert await closed(registry) == ["presto"]


async def test_a_suspended_operator_does_not_open_their_own_way(registry: Registry) -> None:
    await close(registry, person="olu")
    answer = await press(registry, "olu")
    assert answer.status_code == 403
    assert "another operator has to do this" in answer.text


async def test_without_a_session_the_button_leads_to_the_sign_in(registry: Registry) -> None:
    answer = await registry.public.post("/suspensions/0000000000000000/lift")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login")


async def test_the_page_of_a_suspended_server_says_so_at_once(registry: Registry) -> None:
    await registry.make_live("presto")
    await close(registry, server="presto")
    shown = await read(registry, "ana", "/servers/presto")
    assert "Presto Suspended" in shown
    assert "Presto is suspended, for everybody. Leaks rows. Closed by olu" in shown
    assert "use Presto yet" not in shown
    listed = await read(registry, "ana", "/")
    assert "No server is live in production" in listed
    assert "Suspended leaks rows" in listed


async def test_a_suspended_tool_is_locked_with_its_reason(registry: Registry) -> None:
    await registry.make_live("presto")
    await close(registry, server="presto", tool="run_query")
    assert "run_query of presto is suspended: leaks rows" in await read(registry, "ana", "/servers/presto")
