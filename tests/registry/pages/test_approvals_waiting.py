"""What waits is listed for those whom it asks; several questions are answered at once, and run in their order."""

import asyncio
import re
from dataclasses import replace
from typing import Any

import httpx2
import msgspec
import pytest

from platform_core.auth.principal import Principal
from platform_core.policy.suspend import Suspension
from platform_core.testing import PEOPLE, connect_as
from registry.store import audit
from tests.platform_core.visits import fields_of, text_of
from tests.registry.pages.asking import ANA, Asked, ask
from tests.registry.stage import Registry
from tests.servers.garden.beds import garden
from tests.servers.garden.server import server

SAME = {"Sec-Fetch-Site": "same-origin"}
BATCH = "/approvals/batches/dev/garden"


async def five(registry: Registry) -> list[Asked]:
    """Five questions of the garden to ana, for one plant, two plants ... five plants."""
    first = await ask(registry, bed="roses", plants=1)
    ids = [first.id]
    async with connect_as(server, "ana", desk=first.desk) as visit:
        for plants in range(2, 6):
            ids.append(fields_of(await visit.call_tool("pull_up", {"bed": "roses", "plants": plants}))["approval"])
    return [replace(first, id=id) for id in ids]


async def read(asked: Asked, path: str, who: Principal = ANA) -> httpx2.Response:
    cookie, _ = await asked.signed_in(who)
    return await asked.registry.public.get(path, headers=cookie)


async def words(asked: Asked, path: str, who: Principal = ANA) -> str:
    """A page as a screen reader would go through it."""
    html = (await read(asked, path, who)).text
    return " ".join(re.sub(r"<[^>]+>", " ", html[html.index("<main") : html.index("<footer")]).split())


async def say(asked: list[Asked], *said: str, answer: str = "chosen", **changed: str) -> httpx2.Response:
    """Send the form of the batch, with one answer a line."""
    cookie, csrf = await asked[0].signed_in()
    form = {f"p-{one.id}": line for one, line in zip(asked, said, strict=True)} | {"answer": answer, "csrf": csrf}
    return await asked[0].registry.public.post(BATCH, data=form | changed, headers=cookie | SAME)


async def states(asked: list[Asked]) -> list[str]:
    return [(await one.found()).state for one in asked]


async def pull(visit: Any, plants: int) -> Any:
    return await visit.call_tool("pull_up", {"bed": "roses", "plants": plants})


async def test_what_waits_is_listed_for_the_one_whom_it_asks_and_for_nobody_else(registry: Registry) -> None:
    asked = await ask(registry)
    assert "Pull up 3 plants of roses? Garden, dev, asked by mcp" in await words(asked, "/approvals")
    for login in set(PEOPLE) - {"ana"}:
        who = PEOPLE[login].calling_from("registry", client="seedbed-registry")
        assert "Nothing waits for you" in await words(asked, "/approvals", who)


async def test_what_was_answered_stays_listed_with_what_became_of_it(registry: Registry) -> None:
    asked = await ask(registry)
    cookie, csrf = await asked.signed_in()
    await asked.post(cookie | SAME, answer="decline", csrf=csrf)
    listed = await words(asked, "/approvals")
    assert "Nothing waits for you" in listed
    assert "Declined Pull up 3 plants of roses?" in listed


async def test_several_questions_of_one_server_are_offered_at_once(registry: Registry) -> None:
    asked = await five(registry)
    assert "Answer all 5 of Garden in dev at once" in await words(asked[0], "/approvals")
    assert "4 more wait, from Garden" in await asked[0].words()
    page = await words(asked[0], BATCH)
    for shown in ("5 proposals for Garden", "1. Pull up 1 plants of roses?", "&#34;plants&#34;: 5", "Decline all 5"):
        assert shown in page


async def test_of_five_proposals_three_run_once_each_and_in_order(registry: Registry) -> None:
    asked = await five(registry)
    answer = await say(asked, "grant", "decline", "grant", "grant", "decline")
    assert answer.headers["location"] == "/approvals?allowed=3&declined=2"
    assert await states(asked) == ["granted", "declined", "granted", "granted", "declined"]
    async with connect_as(server, "ana", desk=replace(asked[0].desk, patience=0.0)) as visit:
        early = await pull(visit, 4)
        assert "(approval " + asked[2].id + ") goes first" in text_of(early)
        for plants in (1, 3, 4, 1, 3, 4, 2, 5):
            await pull(visit, plants)
    assert garden.work == [f"pull_up roses {plants} for ana" for plants in (1, 3, 4)]


async def test_calls_that_were_allowed_together_and_come_at_once_run_in_order(registry: Registry) -> None:
    asked = await five(registry)
    await say(asked, *["grant"] * 5)
    async with connect_as(server, "ana", desk=asked[0].desk) as visit:
        await asyncio.gather(*(pull(visit, plants) for plants in (5, 4, 3, 2, 1)))
    assert garden.work == [f"pull_up roses {plants} for ana" for plants in range(1, 6)]


async def test_after_a_call_whose_end_nobody_saw_the_next_ones_do_not_run(registry: Registry) -> None:
    asked = await five(registry)
    await say(asked, "grant", "grant", "decline", "decline", "decline")
    assert await asked[0].desk.store.consume(asked[0].id, now=0)
    await asked[0].desk.store.end(asked[0].id, "unknown", now=0)
    async with connect_as(server, "ana", desk=asked[0].desk) as visit:
        assert "ask ana anew" in text_of(await pull(visit, 2))
    assert garden.work == []


async def test_the_harmless_button_declines_whatever_is_marked(registry: Registry) -> None:
    asked = await five(registry)
    await say(asked, *["grant"] * 5, answer="none")
    assert await states(asked) == ["declined"] * 5


@pytest.mark.parametrize("line", ["", "granted", "GRANT", "yes"])
async def test_only_the_one_word_is_a_yes(registry: Registry, line: str) -> None:
    asked = await five(registry)
    await say(asked, *[line] * 5)
    assert await states(asked) == ["declined"] * 5


async def test_a_batch_from_another_page_answers_nothing(registry: Registry) -> None:
    asked = await five(registry)
    assert (await say(asked, *["grant"] * 5, csrf="guess")).status_code == 403
    cookie, csrf = await asked[0].signed_in()
    for site in ("cross-site", "same-site", "none"):
        form = {f"p-{asked[0].id}": "grant", "answer": "chosen", "csrf": csrf}
        refused = await registry.public.post(BATCH, data=form, headers=cookie | {"Sec-Fetch-Site": site})
        assert refused.status_code == 403
    assert (await read(asked[0], f"{BATCH}?answer=chosen&p-{asked[0].id}=grant&csrf={csrf}")).status_code == 200
    assert await states(asked) == ["pending"] * 5


async def test_a_batch_with_somebody_elses_question_in_it_answers_nothing_at_all(registry: Registry) -> None:
    asked = await five(registry)
    bo = PEOPLE["bo"].calling_from("registry", client="seedbed-registry")
    cookie, csrf = await asked[0].signed_in(bo)
    form = {f"p-{one.id}": "grant" for one in asked} | {"answer": "chosen", "csrf": csrf}
    assert (await registry.public.post(BATCH, data=form, headers=cookie | SAME)).status_code == 404
    assert await states(asked) == ["pending"] * 5


async def test_a_batch_of_nothing_leads_to_the_list(registry: Registry) -> None:
    asked = await ask(registry)
    assert (await read(asked, "/approvals/batches/production/garden")).headers["location"] == "/approvals"


async def test_somebody_suspended_may_decline_and_not_allow(registry: Registry) -> None:

    asked = await five(registry)
    entry = Suspension(person="ana", reason="left", by="olu", at=1)
    await registry.parts.suspending.suspend(entry, ["dev"])
    assert (await say(asked, "grant", *["decline"] * 4)).status_code == 403
    assert await states(asked) == ["pending"] * 5
    assert (await say(asked, *["decline"] * 5)).status_code == 303
    assert await states(asked) == ["declined"] * 5


async def ask_a_group(registry: Registry) -> Asked:
    """A question of ana that people of `platform` may answer too."""
    asked = await ask(registry)
    found = await asked.found()
    bound = msgspec.structs.replace(found.bound, arguments="sha256:other")
    shown = msgspec.structs.replace(found.shown, approvers="platform")
    await registry.parts.approvals.ask(msgspec.structs.replace(found, id="f" * 32, bound=bound, shown=shown))
    return replace(asked, id="f" * 32)


async def test_people_of_the_named_group_may_answer_and_nobody_else(registry: Registry) -> None:
    asked = await ask_a_group(registry)
    olu, bo = (PEOPLE[login].calling_from("registry", client="seedbed-registry") for login in ("olu", "bo"))
    assert "Who answers ana , or anybody in platform" in await words(asked, asked.path, olu)
    assert "in ana \u2019s name" in await words(asked, "/approvals", olu)
    assert (await asked.read(bo)).status_code == 404
    cookie, csrf = await asked.signed_in(olu)
    await asked.post(cookie | SAME, answer="grant", csrf=csrf)
    found = await asked.found()
    assert (found.state, found.answered_by) == ("granted", "olu")
    assert "olu said yes. pull_up runs once" in await words(asked, asked.path)
    assert "You said yes." in await words(asked, asked.path, olu)


async def test_every_answer_and_every_use_is_in_the_audit_log_with_what_was_shown(registry: Registry) -> None:
    asked = await ask_a_group(registry)
    cookie, csrf = await asked.signed_in(PEOPLE["olu"].calling_from("registry", client="seedbed-registry"))
    await asked.post(cookie | SAME, answer="grant", csrf=csrf)
    assert await registry.parts.approvals.consume(asked.id, now=0)
    async with registry.parts.database.reading() as connection:
        said, used = [one for one in await audit.lines(connection, after=0, most=99) if one.act.startswith("approval.")]
    assert (said.act, said.actor, said.about) == ("approval.granted", "olu", "garden")
    assert (used.act, used.actor) == ("approval.used", "ana")
    shown: Any = said.detail["shown"]
    assert (shown["question"], shown["effect"]) == ("Pull up 3 plants of roses?", "3 plants go for good.")
    assert said.detail["approval"] == used.detail["approval"] == asked.id
