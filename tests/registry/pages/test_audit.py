"""Auditors look up who did what; everybody looks up their own; a difference is shown word by word."""

import re

import pytest

from platform_core.testing import PEOPLE
from registry.store import sessions
from tests.registry.pages.test_server import page_for, read
from tests.registry.records import entry
from tests.registry.stage import Registry
from tests.registry.test_drift import Live

TRACE = "0af7651916cd43dd8448eb211c80319c"


async def ship(registry: Registry) -> None:
    calls = [entry(1, trace_id=TRACE, body="the answer"), entry(2, user="bo", arguments=None)]
    (await registry.platform.post("/api/invocations", json=calls)).raise_for_status()


async def press(registry: Registry, path: str, *, site: str = "same-origin", csrf: str | None = None) -> str:
    """The button of the auditor's page, as a browser presses it."""
    person = PEOPLE["tom"].calling_from("registry", client="seedbed-registry")
    async with registry.parts.database.writing() as connection:
        secret = await sessions.open_session(connection, person, now=registry.parts.clock())
    async with registry.parts.database.reading() as connection:
        signed_in = await sessions.find_session(connection, secret, now=registry.parts.clock())
    assert signed_in
    headers = {"Cookie": f"seedbed-registry-session={secret}", "Sec-Fetch-Site": site}
    sent = {"csrf": signed_in.csrf if csrf is None else csrf}
    return (await registry.public.post(path, data=sent, headers=headers)).text


async def test_an_auditor_finds_a_call_by_its_trace_and_its_answer_by_a_button(registry: Registry) -> None:
    await ship(registry)
    shown = (await page_for(registry, "tom", f"/audit?id={TRACE}")).text
    assert "ana asked presto for tools/call run_query" in shown
    assert "select 1" in shown
    assert "the answer" not in shown
    button = re.search(r'action="(/audit/calls/call-1/answer)"', shown)
    assert button
    assert "the answer" in await press(registry, button[1])
    log = await read(registry, "tom", "/audit")
    assert "Body read" in log
    assert "Calls read" in log


@pytest.mark.parametrize("sent", [{"site": "cross-site"}, {"csrf": "guessed"}])
async def test_another_page_gets_no_answer_and_leaves_no_line(registry: Registry, sent: dict[str, str]) -> None:
    await ship(registry)
    assert "the answer" not in await press(registry, "/audit/calls/call-1/answer", **sent)
    assert "Body read" not in await read(registry, "tom", "/audit")


@pytest.mark.parametrize("login", sorted(set(PEOPLE) - {"tom"}))
async def test_the_page_is_for_auditors_alone(registry: Registry, login: str) -> None:
    answer = await page_for(registry, login, "/audit")
    assert answer.status_code == 403
    assert "This takes an auditor" in answer.text


async def test_the_log_is_narrowed_to_a_kind_and_to_a_person(registry: Registry) -> None:
    await registry.make_live("presto")
    await ship(registry)
    assert "Policy in force" in await read(registry, "tom", "/audit?act=policy")
    assert "Server registered" not in await read(registry, "tom", "/audit?act=policy")
    people = await read(registry, "tom", "/audit?id=bo")
    assert "bo asked presto" in people


async def test_everybody_sees_their_own_calls_and_nobody_elses(registry: Registry) -> None:
    await ship(registry)
    mine = await read(registry, "ana", "/me")
    assert "select 1" in mine
    assert mine.count("tools/call run_query") > 0
    assert "select 1" not in await read(registry, "bo", "/me")
    assert "No call of yours is recorded" in await read(registry, "carl", "/me")


async def test_a_difference_is_shown_word_by_word_to_those_who_answer_for_it(registry: Registry) -> None:
    await registry.make_live("presto")
    live = Live(registry)
    live.changes(description="Find tables by <b>magic</b> or by name.")
    await live.seen(2)
    shown = (await page_for(registry, "sam", "/servers/presto/difference")).text
    assert "<ins>&lt;b&gt;magic&lt;/b&gt;</ins>" in shown
    assert "<del>words</del>" in shown
    assert "Closed for it: find_tables" in shown
    assert (await page_for(registry, "bo", "/servers/presto/difference")).status_code == 403
    assert (await page_for(registry, "ana", "/servers/seed/difference")).status_code == 404


async def test_where_nothing_differs_there_is_no_difference(registry: Registry) -> None:
    await registry.make_live("presto")
    assert "There is no difference" in (await page_for(registry, "sam", "/servers/presto/difference")).text
