"""The page of an approval: it shows the whole question to the one whom it asks, and only they answer, on it."""

import re
from dataclasses import replace

import pytest

from platform_core.auth.clients import CLIENTS
from platform_core.testing import PEOPLE, asked_by
from tests.registry.pages.asking import ANA, Asked, ask
from tests.registry.stage import Registry
from tests.servers.garden.beds import garden

SAME = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
async def asked(registry: Registry) -> Asked:
    return await ask(registry)


async def test_the_page_shows_the_whole_question(asked: Asked) -> None:
    words = await asked.words()
    for shown in (
        "Pull up 3 plants of roses? Waits for you An agent asks for your yes to one call. Nothing has run.",
        "Server Garden, dev, as ana",
        "Tool pull_up change",
        "Target roses",
        "as it calls itself, from the CLI and coding agents ( seedbed-cli ), in your name,",
        "Without an answer nothing runs.",
        "Effect 3 plants go for good.",
        "&#34;plants&#34;: 3",
        "A yes holds for these arguments, once.",
        "Decline, run nothing Let pull_up run once",
    ):
        assert shown in words


async def test_a_yes_on_the_page_lets_the_same_call_run_once(asked: Asked) -> None:
    cookie, csrf = await asked.signed_in()
    answer = await asked.post(cookie | SAME, answer="grant", csrf=csrf)
    assert (answer.status_code, answer.headers["location"]) == (303, asked.path)
    assert "Approved, not used yet You said yes." in await asked.words()
    assert not (await asked.call()).is_error
    assert (await asked.call()).is_error
    assert garden.work == ["pull_up roses 3 for ana"]
    assert "Ran You said yes, and pull_up ran once. The backend knows it as garden:job/roses-3." in await asked.words()


async def test_a_no_on_the_page_is_the_end(asked: Asked) -> None:
    cookie, csrf = await asked.signed_in()
    await asked.post(cookie | SAME, answer="decline", csrf=csrf)
    await asked.post(cookie | SAME, answer="grant", csrf=csrf)
    words = await asked.words()
    assert "Declined. Nothing ran." in words
    assert "Let pull_up run once" not in words
    assert (await asked.call()).is_error
    assert garden.work == []


@pytest.mark.parametrize("query", ["", "?answer=grant", "?answer=grant&csrf=x", "?id=x&_method=POST"])
async def test_reading_decides_nothing(asked: Asked, query: str) -> None:
    assert (await asked.read(query=query)).status_code == 200
    cookie, csrf = await asked.signed_in()
    head = await asked.registry.public.head(asked.path, headers=cookie)
    put = await asked.registry.public.put(asked.path, data={"answer": "grant", "csrf": csrf}, headers=cookie)
    assert (head.status_code, put.status_code) == (405, 405)
    assert (await asked.found()).state == "pending"


async def test_nobody_else_reads_or_answers_it(asked: Asked) -> None:
    for login in set(PEOPLE) - {"ana"}:
        who = PEOPLE[login].calling_from("registry", client="seedbed-registry")
        page = await asked.read(who)
        assert (page.status_code, "roses" in page.text) == (404, False)
        cookie, csrf = await asked.signed_in(who)
        assert (await asked.post(cookie | SAME, answer="grant", csrf=csrf)).status_code == 404
    assert (await asked.found()).state == "pending"


async def test_a_question_that_was_never_asked_looks_the_same_as_somebody_elses(asked: Asked) -> None:
    foreign = await asked.read(PEOPLE["bo"].calling_from("registry", client="seedbed-registry"))
    nowhere = await replace(asked, id="0" * 32).read()
    plain = [re.sub(r"[0-9a-f]{32}|<header.*?</header>|<footer.*", "", p.text, flags=re.S) for p in (foreign, nowhere)]
    assert plain[0] == plain[1]


def token_headers(asked: Asked, login: str, client: str) -> list[dict[str, str]]:
    """Every way in which a token of a person could be held out to the page."""
    bearer = asked.registry.issuer.headers(login, azp=client, client_id=client)
    token = bearer["Authorization"].removeprefix("Bearer ")
    workload = CLIENTS[client].spiffe_id("seedbed.internal")
    return [
        bearer,
        bearer | {"X-Forwarded-User": login},
        bearer | {"X-Forwarded-User": login, "X-Forwarded-Surface": "web-chat"},
        bearer | {"X-Forwarded-Client-Cert": f"By=spiffe://seedbed.internal/registry;URI={workload}"},
        {"Cookie": f"seedbed-registry-session={token}"},
        {"Cookie": f"__Host-seedbed-session={token}"},
        {"Authorization": f"Basic {token}"},
    ]


@pytest.mark.parametrize("client", CLIENTS)
async def test_no_token_of_anybody_answers(asked: Asked, client: str) -> None:
    _, csrf = await asked.signed_in()
    for headers in (held for login in PEOPLE for held in token_headers(asked, login, client)):
        for form in ({"answer": "grant"}, {"answer": "grant", "csrf": csrf}):
            answer = await asked.post(headers | SAME, **form)
            assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/login")
    assert (await asked.found()).state == "pending"


async def test_a_session_of_another_program_would_answer_nothing(asked: Asked) -> None:
    for client in set(CLIENTS) - {"seedbed-registry"}:
        cookie, csrf = await asked.signed_in(replace(ANA, client=client))
        assert (await asked.post(cookie | SAME, answer="grant", csrf=csrf)).status_code == 403
    assert (await asked.found()).state == "pending"


async def test_a_form_on_another_page_answers_nothing(asked: Asked) -> None:
    cookie, csrf = await asked.signed_in()
    for site in ("cross-site", "same-site", "none", ""):
        answer = await asked.post(cookie | {"Sec-Fetch-Site": site}, answer="grant", csrf=csrf)
        assert answer.status_code == 403
        assert "Nothing was changed" in answer.text
    assert (await asked.found()).state == "pending"


async def test_a_form_without_the_token_of_this_very_session_answers_nothing(asked: Asked) -> None:
    cookie, _ = await asked.signed_in()
    _, of_another = await asked.signed_in()
    for csrf in ({}, {"csrf": ""}, {"csrf": of_another}, {"csrf": "guess"}):
        assert (await asked.post(cookie | SAME, answer="grant", **csrf)).status_code == 403
    for said in ("", "yes", "granted", "GRANT"):
        assert (await asked.post(cookie | SAME, answer=said, csrf=of_another)).status_code == 400
    assert (await asked.found()).state == "pending"


async def test_nobody_is_led_past_the_sign_in_and_everybody_back_to_the_question(asked: Asked) -> None:
    answer = await asked.registry.public.get(asked.path)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/login?next=%2Fapprovals%2F{asked.id}")


async def test_the_page_cannot_be_framed_nor_kept(asked: Asked) -> None:
    headers = (await asked.read()).headers
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "form-action 'self'" in headers["content-security-policy"]
    assert (headers["x-frame-options"], headers["cache-control"]) == ("DENY", "no-store")


async def test_words_of_an_agent_stay_words(asked: Asked) -> None:
    evil = '<b onclick=x>&\u202e"'
    page = await replace(asked, id=(await asked_by(asked.desk, await asked.call(bed=evil, plants=1))).id).read()
    assert "<b onclick" not in page.text
    assert "\u202e" not in page.text
    assert "\\u202e" in page.text


async def test_a_call_whose_end_nobody_saw_is_shown_with_what_the_backend_calls_it(asked: Asked) -> None:
    cookie, csrf = await asked.signed_in()
    sink = {"bed": "marsh", "plants": 1}
    sunk = replace(asked, id=(await asked_by(asked.desk, await asked.call(**sink))).id)
    await sunk.post(cookie | SAME, answer="grant", csrf=csrf)
    await sunk.call(**sink)
    assert "Begun, end unknown" in await sunk.words()
    assert "Nobody saw its end. The backend knows it as garden:job/marsh-1." in await sunk.words()
    again = replace(asked, id=(await asked_by(asked.desk, await asked.call(**sink))).id)
    assert "nobody saw its end. The backend knows it as garden:job/marsh-1." in await again.words()


async def test_without_the_store_the_page_says_so_and_nothing_is_answered(asked: Asked) -> None:
    cookie, csrf = await asked.signed_in()
    async with asked.registry.parts.database.writing() as connection:
        await connection.exec_driver_sql("ALTER TABLE approvals RENAME TO elsewhere")
    for answer in (await asked.read(), await asked.post(cookie | SAME, answer="grant", csrf=csrf)):
        assert answer.status_code == 503
        assert "do this now" in answer.text
