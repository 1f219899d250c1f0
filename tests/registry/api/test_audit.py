"""Auditors find who did what, whatever they know of it; nobody else does, and each look is a line."""

import json
from typing import Any

import httpx2
import pytest

from platform_core.audit import Line, verify
from platform_core.testing import PEOPLE
from tests.registry.records import entry
from tests.registry.stage import Registry

TRACE = "0af7651916cd43dd8448eb211c80319c"
QUERY = "20261123_094558_00012_abcde"


async def get(registry: Registry, login: str, path: str, **query: str) -> httpx2.Response:
    return await registry.public.get(path, params=query, headers=registry.issuer.headers(login))


async def acts(registry: Registry, **sought: str) -> list[tuple[str, str, str]]:
    lines = (await get(registry, "tom", "/api/audit", **sought)).raise_for_status().json()["lines"]
    return [(line["act"], line["actor"], line["about"]) for line in lines]


async def suspend(registry: Registry, **what: str) -> None:
    body = {"reason": "leaks rows"} | what
    answer = await registry.public.post("/api/suspensions", json=body, headers=registry.issuer.headers("olu"))
    answer.raise_for_status()


async def ship(registry: Registry, *entries: dict[str, Any]) -> None:
    (await registry.platform.post("/api/invocations", json=list(entries))).raise_for_status()


async def test_what_opens_and_closes_is_in_the_log_with_who_did_it(registry: Registry) -> None:
    await registry.make_live("presto")
    await suspend(registry, server="presto", tool="run_query")
    found = await acts(registry)
    assert found == [
        ("tool.suspended", "olu", "presto/run_query"),
        ("policy.in-force", "key dev-test", "presto"),
        ("server.registered", "pipeline", "presto"),
    ]
    assert await acts(registry, actor="olu") == found[:1]
    assert await acts(registry, about="presto") == found
    assert await acts(registry, act="server") == found[2:]
    assert await acts(registry, act="nothing") == []


async def test_the_log_is_read_page_by_page(registry: Registry) -> None:
    await registry.make_live("presto")
    await registry.make_live("seed")
    whole = await acts(registry)
    seen: list[Any] = []
    more: dict[str, str] = {}
    while True:
        page = (await get(registry, "tom", "/api/audit", limit="1", **more)).json()
        seen += [(line["act"], line["actor"], line["about"]) for line in page["lines"]]
        if page["next"] is None:
            break
        more = {"before": str(page["next"])}
    assert seen == whole


@pytest.mark.parametrize("path", ["/api/audit", "/api/audit/export", "/api/calls/call-1/body"])
@pytest.mark.parametrize("login", sorted(set(PEOPLE) - {"tom"}))
async def test_the_log_and_the_results_of_calls_are_for_auditors_alone(
    registry: Registry, login: str, path: str
) -> None:
    await ship(registry, entry(1, body="rows"))
    answer = await get(registry, login, path)
    assert (answer.status_code, answer.json()["rule"]) == (403, "registry/auditor")
    assert await acts(registry, act="body") == []


async def test_an_export_is_the_whole_log_and_can_be_verified(registry: Registry) -> None:
    await registry.make_live("presto")
    await suspend(registry, server="presto")
    text = (await get(registry, "tom", "/api/audit/export")).text
    lines = [Line.model_validate_json(each) for each in text.splitlines()]
    chain = verify(lines)
    assert (chain.fault, chain.number) == (None, 3)
    lines[1] = lines[1].model_copy(update={"about": "seed"})
    assert str(verify(lines).fault) == "line 2: its words are not those that were written"


async def test_each_look_at_a_result_is_a_line_before_it_is_shown(registry: Registry) -> None:
    await ship(registry, entry(1, body='{"rows": [[1]]}'), entry(2))
    assert (await get(registry, "tom", "/api/calls/call-1/body")).json()["result"] == '{"rows": [[1]]}'
    assert (await get(registry, "tom", "/api/calls/call-2/body")).json()["result"] is None
    assert (await get(registry, "tom", "/api/calls/call-3/body")).json()["rule"] == "registry/call"
    assert await acts(registry, act="body") == [("body.read", "tom", "call-2"), ("body.read", "tom", "call-1")]


@pytest.mark.parametrize("id", [TRACE, QUERY, f"trino:query/{QUERY}", "call-1"])
async def test_who_did_it_is_one_look_up_whichever_id_is_known(registry: Registry, id: str) -> None:
    answered = json.dumps({"columns": ["a"], "query_id": QUERY})
    await ship(registry, entry(1, trace_id=TRACE, body=answered), entry(2, user="bo"))
    found = (await get(registry, "tom", f"/api/who/{id}")).raise_for_status().json()
    assert [(call["who"], call["what"], call["arguments"]) for call in found["calls"]] == [
        ("ana", "tools/call run_query", {"sql": "select 1"})
    ]
    assert await acts(registry, act="calls") == [("calls.read", "tom", id)]


async def test_a_query_that_is_named_in_arguments_is_found_too(registry: Registry) -> None:
    await ship(registry, entry(1, tool="cancel_query", arguments=json.dumps({"query_id": QUERY})))
    calls = (await get(registry, "ana", f"/api/who/{QUERY}")).json()["calls"]
    assert [call["what"] for call in calls] == ["tools/call cancel_query"]


async def test_people_find_their_own_calls_and_nobody_elses(registry: Registry) -> None:
    await ship(registry, entry(1, trace_id=TRACE), entry(2, trace_id=TRACE, user="bo"))
    assert [call["id"] for call in (await get(registry, "ana", f"/api/who/{TRACE}")).json()["calls"]] == ["call-1"]
    nobodys = await get(registry, "ada", f"/api/who/{TRACE}")
    assert (nobodys.status_code, nobodys.json()["rule"]) == (404, "registry/call")
    assert await acts(registry, act="calls") == []
    for login in ("olu", "sam"):
        assert len((await get(registry, login, f"/api/who/{TRACE}")).json()["calls"]) == 2


async def test_my_calls_are_mine_newest_first_and_page_by_page(registry: Registry) -> None:
    await ship(registry, *(entry(number, time=1_700_000_000.5) for number in range(5)), entry(9, user="bo"))
    seen: list[str] = []
    more: dict[str, str] = {}
    for _ in range(3):
        page = (await get(registry, "ana", "/api/me/calls", limit="2", **more)).raise_for_status().json()
        seen += [call["id"] for call in page["calls"]]
        more = {"after": page["next"] or ""}
    assert seen == [f"call-{number}" for number in (4, 3, 2, 1, 0)]
    assert (await get(registry, "carl", "/api/me/calls")).json()["calls"] == []
    assert (await get(registry, "ana", "/api/me/calls", after="???")).status_code == 400


async def test_a_look_at_a_trace_of_others_by_a_role_is_a_line_and_at_ones_own_is_none(registry: Registry) -> None:
    await ship(registry, entry(1, trace_id=TRACE))
    await get(registry, "ana", f"/api/why/{TRACE}")
    assert await acts(registry, act="calls") == []
    await get(registry, "sam", f"/api/why/{TRACE}")
    assert await acts(registry, act="calls") == [("calls.read", "sam", TRACE)]
