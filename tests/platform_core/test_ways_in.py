"""Short tools answer as JSON; a long one streams, reports progress, and ends when its caller leaves; in both eras."""

import asyncio
import json
from typing import Any

import httpx2
import pytest

from tests.platform_core.open_shop import BASE, TLS, OpenShop, answer_of, as_person, message, wire
from tests.platform_core.serving import PATIENCE
from tests.platform_core.shop.diary import diary
from tests.platform_core.visits import VERSIONS, Era, both_eras, records, text_of

CONTENT = "content-type"


@both_eras
@pytest.mark.parametrize(
    ("tool", "arguments"), [("look", {"thing": "vase"}), ("stumble", {"how": "crash"}), ("keep_out", {}), ("none", {})]
)
def test_a_short_tool_answers_as_json(shop: OpenShop, era: Era, tool: str, arguments: dict[str, Any]) -> None:
    answer = shop.call("ana", tool, arguments, era=era)
    assert (answer.status_code, answer.headers[CONTENT].split(";")[0]) == (200, "application/json")


@both_eras
def test_a_long_tool_answers_as_a_stream(shop: OpenShop, era: Era) -> None:
    said = message("tools/call", {"name": "walk", "arguments": {"steps": 3}, "_meta": {"progressToken": "p"}}, era=era)
    said["params"]["_meta"]["progressToken"] = "p"
    answer = shop.post(said, [*as_person("ana"), *wire("tools/call", "walk", era=era)])
    assert answer.headers[CONTENT].startswith("text/event-stream")
    assert answer.text.count("notifications/progress") == 3
    assert answer_of(answer)["result"]["content"][0]["text"] == "walked 3"


@both_eras
async def test_progress_reaches_the_caller_in_order(shop: OpenShop, era: Era) -> None:
    heard: list[tuple[float, float | None, str | None]] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        heard.append((progress, total, message))

    async with shop.visit("ana", era=era) as visit:
        result = await visit.call_tool("walk", {"steps": 3}, progress_callback=hear)
    assert text_of(result) == "walked 3"
    assert heard == [(1, 3, "step 1"), (2, 3, "step 2"), (3, 3, "step 3")]


@both_eras
async def test_when_the_caller_leaves_a_long_tool_ends_and_its_record_says_so(shop: OpenShop, era: Era) -> None:
    said = message("tools/call", {"name": "walk", "arguments": {"steps": 0}}, era=era)
    said["params"].setdefault("_meta", {})["progressToken"] = "p"
    transport = httpx2.AsyncHTTPTransport(uds=str(shop.socket), verify=TLS)
    headers = [*as_person("ana"), *wire("tools/call", "walk", era=era)]
    async with httpx2.AsyncClient(transport=transport, base_url=BASE, timeout=PATIENCE) as http:
        async with http.stream("POST", "/mcp", content=json.dumps(said), headers=headers) as answer:
            async for line in answer.aiter_lines():
                if "notifications/progress" in line:
                    break
        await asyncio.to_thread(diary.wait_for, "walk was cancelled")
    await asyncio.to_thread(shop.wait_for_records, 1)
    (record,) = records(shop.kept)
    assert (record.tool, record.outcome, record.era) == ("walk", "cancelled", VERSIONS[era])


@both_eras
async def test_a_client_that_gives_up_a_call_ends_it_too(shop: OpenShop, era: Era) -> None:
    begun = asyncio.Event()

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        begun.set()

    async with shop.visit("ana", era=era) as visit:
        call = asyncio.create_task(visit.call_tool("walk", {"steps": 0}, progress_callback=hear))
        async with asyncio.timeout(PATIENCE):
            await begun.wait()
        call.cancel()
        await asyncio.wait([call])
        if era == "auto":  # in 2025 a client says so by a message, which without a session reaches nobody
            await asyncio.to_thread(diary.wait_for, "walk was cancelled")
    await asyncio.to_thread(diary.wait_for, "walk was cancelled")
    await asyncio.to_thread(shop.wait_for_records, 1)
    assert [record.outcome for record in records(shop.kept)] == ["cancelled"]


@pytest.mark.parametrize(("header", "tool"), [("look", "walk"), ("walk", "look")])
def test_an_older_clients_way_is_picked_by_its_body_and_not_by_its_header(
    shop: OpenShop, header: str, tool: str
) -> None:
    arguments = {"steps": 1} if tool == "walk" else {"thing": "vase"}
    said = message("tools/call", {"name": tool, "arguments": arguments}, era="legacy")
    answer = shop.post(said, [*as_person("ana"), *wire("tools/call", era="legacy"), ("mcp-name", header)])
    kind = "text/event-stream" if tool == "walk" else "application/json"
    assert answer.headers[CONTENT].startswith(kind)
    assert not answer_of(answer)["result"].get("isError")


@pytest.mark.parametrize("version", ["2025-03-26", "2025-06-18", "2025-11-25", None])
def test_every_older_version_has_both_ways(shop: OpenShop, version: str | None) -> None:
    plain = [("content-type", "application/json"), ("accept", "application/json, text/event-stream")]
    headers = [*as_person("ana"), *plain, *([("mcp-protocol-version", version)] if version else [])]
    for tool, arguments, kind in (("look", {"thing": "x"}, "application/json"), ("walk", {"steps": 1}, "text/event")):
        said = message("tools/call", {"name": tool, "arguments": arguments}, era="legacy")
        assert shop.post(said, headers).headers[CONTENT].startswith(kind)


def test_a_body_that_comes_in_pieces_is_put_together(shop: OpenShop) -> None:
    """The body is read once to find the way, and once more by the protocol."""
    said = message("tools/call", {"name": "walk", "arguments": {"steps": 1, "more": "x" * 1_000_000}}, era="legacy")
    answer = shop.post(said, [*as_person("ana"), *wire("tools/call", era="legacy")])
    assert answer_of(answer)["result"]["content"][0]["text"] == "walked 1"


@both_eras
def test_a_long_tool_that_is_refused_does_not_begin(shop: OpenShop, era: Era) -> None:
    shop.close_tool("walk")
    answer = answer_of(shop.call("ana", "walk", {"steps": 1}, era=era))
    assert answer["result"]["structuredContent"]["code"] == "authorization_denied"
    assert diary.lines == []


@both_eras
async def test_many_calls_at_once_keep_to_themselves(shop: OpenShop, era: Era) -> None:
    async def visit(number: int) -> str:
        async with shop.visit("ana", era=era) as visit:
            await visit.call_tool("walk", {"steps": 2})
            return text_of(await visit.call_tool("buy", {"thing": f"thing {number}"}))

    bought = await asyncio.gather(*(visit(number) for number in range(8)))
    assert bought == [f"thing {number} is ana's" for number in range(8)]
    assert len(records(shop.kept)) == 16
