"""Through the whole stack: a change waits for its person, who answers on the registry's page, and nobody else can."""

import asyncio
import signal
from collections.abc import Generator
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from mcp import Client
from mcp.types import ElicitRequestFormParams, ElicitResult

from platform_core.auth.clients import CLIENTS
from tests.deploy.local.identity.program import Program
from tests.e2e.asking import SAME, open_page
from tests.e2e.edge import ERAS, Edge, Era
from tests.e2e.mesh import surface
from tests.e2e.remembered import Remembered
from tests.e2e.stack import Stack
from tests.e2e.waiting import NO_TLS, PATIENCE, awaited
from tests.platform_core.visits import fields_of, text_of

SINK = {"bed": "quicksand", "plants": 1}


@pytest.fixture(scope="module")
def chat(stack: Stack) -> Generator[Edge]:
    """`dev` as people see it who work in the web chat."""
    with surface(stack.home, "seedbed-web-chat-dev") as door:
        yield door


async def plants(dev: Edge) -> int:
    """How many beans stand in the garden."""
    async with dev.connect("ana", "garden") as garden:
        return int(fields_of(await garden.call_tool("look", {"bed": "beans"}))["plants"])


async def ask(dev: Edge, number: int, *, era: Era = "auto", bed: str = "beans") -> dict[str, Any]:
    """Call `pull_up` as ana from her own client, and get the link."""
    async with dev.connect("ana", "garden", era=era) as garden:
        return fields_of(await garden.call_tool("pull_up", {"bed": bed, "plants": number}))


@pytest.mark.parametrize("era", ERAS)
async def test_a_change_runs_once_after_a_yes_on_the_page(dev: Edge, stack: Stack, era: Era) -> None:
    number, before = 2 + ERAS.index(era), await plants(dev)
    pull = {"bed": "beans", "plants": number}
    async with dev.connect("ana", "garden", era=era) as garden:
        asked = fields_of(await garden.call_tool("pull_up", pull))
        assert (asked["code"], asked["url"].partition("/approvals/")[0]) == ("approval_required", stack.home.base)
        with open_page(asked["url"], "ana") as page:
            assert f"Pull up {number} plants of beans?" in page.words
            assert "Server Garden, dev, as ana" in page.words
            assert "Approved, not used yet" in page.answer("grant")
            done = await garden.call_tool("pull_up", pull)
            again = fields_of(await garden.call_tool("pull_up", pull))
            assert "This yes is used up." in page.words
        with open_page(again["url"], "ana") as page:
            assert "Declined. Nothing ran." in page.answer("decline")
        assert "said no" in text_of(await garden.call_tool("pull_up", pull))
    assert not done.is_error
    assert await plants(dev) == before - number


async def test_a_question_is_recorded_as_one_and_joined_with_its_approval(dev: Edge, remembered: Remembered) -> None:
    reply = dev.call("pull_up", {"bed": "beans", "plants": 7}, server="garden")
    ended = "SELECT * FROM invocations WHERE trace_id = ? AND phase = 'done'"
    [record] = awaited(lambda: remembered.rows(ended, reply.trace), "the end of the call is recorded")
    approval = reply.result["structuredContent"]["approval"]
    assert (record["outcome"], record["error"], record["approval"]) == ("waiting", "approval_required", approval)
    with open_page(reply.result["structuredContent"]["url"], "ana") as page:
        assert reply.trace in page.words
        page.answer("decline")


async def test_our_own_chat_asks_by_form_as_the_identity_of_its_workload_says(chat: Edge, dev: Edge) -> None:
    asked: list[Any] = []

    async def yes(_: Any, params: Any) -> ElicitResult:
        asked.append(params)
        return ElicitResult(action="accept", content={"approve": True})

    before = await plants(dev)
    async with chat.connect("ana", "garden", elicitation_callback=yes) as garden:
        assert not (await garden.call_tool("pull_up", {"bed": "beans", "plants": 1})).is_error
    assert [type(params) for params in asked] == [ElicitRequestFormParams]
    assert await plants(dev) == before - 1


async def test_no_token_that_the_provider_issues_says_yes(dev: Edge, stack: Stack, chat: Edge) -> None:
    asked = await ask(dev, 11)
    path = asked["url"].removeprefix(stack.home.base)
    tokens = [token for client in CLIENTS for token in issued(stack, client)]
    assert len(tokens) > len(CLIENTS)
    with open_page(asked["url"], "ana") as page:
        csrf = page.csrf
        with httpx2.Client(timeout=PATIENCE, verify=NO_TLS, trust_env=False) as anybody:
            for token in tokens:
                for headers in held_out(token):
                    for url in (asked["url"], f"{dev.base}{path}"):
                        form = {"answer": "grant", "csrf": csrf}
                        refused = anybody.post(url, data=form, headers=headers | SAME)
                        assert refused.status_code in (303, 401, 403, 404, 405), (url, headers)
                        assert not refused.headers.get("location", "").startswith("/approvals")
        through_the_mesh = chat.ask(
            "POST", path, ("content-type", "application/x-www-form-urlencoded"), who="ana", content=b"answer=grant"
        )
        assert through_the_mesh.status in (303, 401, 403, 404)
        assert "Waits for you" in page.words
        page.answer("decline")


def issued(stack: Stack, client: str) -> list[str]:
    """Every token that the provider gives for a client: ana's, another person's, and the program's own."""
    program = Program.of(client, issuer=stack.home.issuer, state=stack.home.identity)
    if "probe" in client:
        return [program.own_token()]
    if client == "seedbed-registry":  # even the one that a session is made of is no session
        program = replace(program, redirect_uri=f"{stack.home.base}/login/callback")
    return [program.person_token(login) for login in ("ana", "olu")]


def held_out(token: str) -> list[dict[str, str]]:
    """The ways in which a token could be held out to a page."""
    bearer = {"Authorization": f"Bearer {token}"}
    return [
        bearer,
        bearer | {"X-Forwarded-User": "ana", "X-Forwarded-Surface": "registry"},
        bearer | {"X-Forwarded-Client-Cert": "URI=spiffe://seedbed.internal/production/web-chat"},
        {"Cookie": f"seedbed-registry-session={token}"},
    ]


async def test_neither_reading_nor_another_page_nor_another_person_says_yes(dev: Edge) -> None:
    asked = await ask(dev, 12)
    with open_page(asked["url"], "ana") as page, open_page(asked["url"], "ana") as elsewhere:
        grant = {"answer": "grant", "csrf": page.csrf}
        assert page.http.get(f"{page.url}?answer=grant&csrf={page.csrf}").status_code == 200
        for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil"}):
            assert page.http.post(page.url, data=grant, headers=headers).status_code == 403
        for csrf in ("", "guess", elsewhere.csrf):
            assert page.http.post(page.url, data=grant | {"csrf": csrf}, headers=SAME).status_code == 403
        with httpx2.Client(timeout=PATIENCE, verify=NO_TLS, trust_env=False) as nobody:
            assert nobody.post(page.url, data=grant, headers=SAME).status_code in (303, 403)
        with pytest.raises(httpx2.HTTPStatusError), open_page(asked["url"], "olu") as foreign:
            assert foreign.html
        assert "Waits for you" in page.words
        page.answer("decline")


async def test_a_server_that_is_killed_in_the_body_never_begins_it_again(dev: Edge, stack: Stack) -> None:
    asked = await ask(dev, 1, bed="quicksand")
    with open_page(asked["url"], "ana") as page:
        page.answer("grant")
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(lost(dev))
            await asyncio.to_thread(awaited, lambda: "garden:job/quicksand-1" in page.words, "the work has begun")
            stack.kill("garden.dev", signal.SIGKILL)
        awaited(lambda: stack.pid("garden.dev") is None, "the garden is gone")
        stack.start("garden.dev")
        awaited(lambda: dev.opens("ana", "garden"), "calls reach the garden")
        assert "Its end is not known yet." in page.words
    again = await ask(dev, 1, bed="quicksand")
    assert again["approval"] != asked["approval"]
    with open_page(again["url"], "ana") as page:
        assert "nobody saw its end. The backend knows it as garden:job/quicksand-1." in page.words
        page.answer("decline")


@pytest.mark.parametrize("era", ERAS)
async def test_of_five_proposals_three_are_allowed_and_run_once_each_in_order(
    dev: Edge, stack: Stack, era: Era
) -> None:
    numbers = range(31 + 5 * ERAS.index(era), 36 + 5 * ERAS.index(era))
    async with dev.connect("ana", "garden", era=era) as garden:
        asked = [fields_of(await pulled(garden, number)) for number in numbers]
        batch = f"{stack.home.base}/approvals/batches/dev/garden"
        with open_page(batch, "ana") as page:
            assert "5 proposals for Garden" in page.words
            lines = ("grant", "decline") * 2 + ("grant",)
            said = dict(zip([one["approval"] for one in asked], lines, strict=True))
            assert "3 allowed, 2 declined." in page.answer_all(batch, said)
        ended = [await pulled(garden, number) for number in numbers]
        assert [bool(one.is_error) for one in ended] == [False, True, False, True, False]
        again = [fields_of(await pulled(garden, number)) for number in numbers[::2]]
        assert {one["code"] for one in again} == {"approval_required"}
        with open_page(batch, "ana") as page:
            page.answer_all(batch, {one["approval"]: "decline" for one in again})


async def pulled(garden: Client, number: int) -> Any:
    return await garden.call_tool("pull_up", {"bed": "roses", "plants": number})


async def test_an_open_page_and_the_inbox_hear_of_the_answer(dev: Edge, edge: Edge, stack: Stack) -> None:
    asked = await ask(dev, 13)
    reply = edge.ask("GET", "/api/notices", who="ana")
    assert [one["url"] for one in reply.body["notices"] if one["waits"]] == [asked["url"]]
    with open_page(asked["url"], "ana") as page, page.http.stream("GET", f"{asked['url']}/events") as news:
        lines = (line for line in news.iter_lines() if line.startswith("data: "))
        first = next(lines)
        page.answer("decline")
        assert next(lines) != first
    assert [one for one in edge.ask("GET", "/api/notices", who="ana").body["notices"] if one["waits"]] == []


async def test_without_the_registry_nothing_is_approved_and_afterwards_it_is_as_it_was(dev: Edge, stack: Stack) -> None:
    asked, before = await ask(dev, 4), await plants(dev)
    with open_page(asked["url"], "ana") as page:
        page.answer("grant")
    stack.kill("registry", signal.SIGKILL)
    try:
        awaited(lambda: stack.pid("registry") is None, "the registry is dead")
        refused = await ask(dev, 4)
        assert (refused["code"], await plants(dev)) == ("unavailable", before)
    finally:
        stack.start("registry")
    done = await ask(dev, 4)
    again = await ask(dev, 4)
    assert (done.get("plants"), again["code"]) == (before - 4, "approval_required")
    with open_page(again["url"], "ana") as page:
        page.answer("decline")


async def lost(dev: Edge) -> None:
    """A call that never comes back: its server dies under it."""
    reply = await asyncio.to_thread(dev.call, "pull_up", SINK, server="garden")
    assert reply.status >= 500
