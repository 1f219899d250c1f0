"""Why a request ended as it did: the proxy's word and the server's, for whoever made it and nobody else."""

import time
from typing import Any

import httpx2
import pytest

from tests.registry.records import entry
from tests.registry.stage import Registry

TRACE = "0af7651916cd43dd8448eb211c80319c"


def refusal(number: int | str, **changed: Any) -> dict[str, Any]:
    """One refusal as the gateway tells it."""
    return {
        "id": f"refusal-{number}", "time": time.time(), "environment": "production", "trace_id": TRACE, "user": "bo",
        "workload": None, "server": "presto", "tool": "run_query", "status": 403, "code": "authorization_denied",
        "rule": "presto/gate", "detail": "presto is open to reviewed business groups",
        "how_to_ask": "ask Data Platform in #ask-presto",
    } | changed  # fmt: skip


async def tell(registry: Registry, *refusals: dict[str, Any]) -> httpx2.Response:
    return await registry.platform.post("/api/refusals", json=list(refusals))


async def why(registry: Registry, login: str, trace: str = TRACE) -> httpx2.Response:
    return await registry.public.get(f"/api/why/{trace}", headers=registry.issuer.headers(login))


async def test_a_refusal_is_taken_once_and_forgotten_after_thirty_days(registry: Registry) -> None:
    old = refusal("old", time=time.time() - 31 * 86_400, trace_id="1" * 32)
    assert (await tell(registry, refusal(1), old)).json() == {"taken": 2}
    assert (await tell(registry, refusal(1), refusal(2))).json() == {"taken": 1}
    assert (await why(registry, "olu", "1" * 32)).status_code == 404
    assert (await tell(registry)).json() == {"taken": 0}


WRONG: dict[str, list[dict[str, Any]]] = {
    "too many": [refusal(number) for number in range(201)],
    "half a refusal": [{"id": "x"}],
    "another environment": [refusal(1, environment="staging")],
    "no moment": [refusal(1, time=-1)],
}


@pytest.mark.parametrize("refusals", WRONG.values(), ids=WRONG.keys())
async def test_what_is_no_refusal_is_refused_whole(registry: Registry, refusals: list[dict[str, Any]]) -> None:
    assert (await tell(registry, *refusals)).status_code == 400


async def test_a_person_learns_what_the_proxy_refused_and_how_to_ask(registry: Registry) -> None:
    await tell(registry, refusal(1))
    (step,) = (await why(registry, "bo")).json()["steps"]
    assert (step["layer"], step["allowed"], step["rule"]) == ("proxy", False, "presto/gate")
    assert step["detail"] == "refused (403): presto is open to reviewed business groups"
    assert step["how_to_ask"] == "ask Data Platform in #ask-presto"


async def test_what_the_server_recorded_was_let_through_by_the_proxy(registry: Registry) -> None:
    await registry.make_live("presto")
    ends: dict[str, Any] = {"outcome": "denied", "allowed": False, "rule": "presto/execute"}
    records = [entry("a", trace_id=TRACE, method="server/discover", tool=None), entry("b", trace_id=TRACE, **ends)]
    await registry.platform.post("/api/invocations", json=records)
    steps = (await why(registry, "ana")).json()["steps"]
    assert [(step["layer"], step["what"], step["allowed"]) for step in steps] == [
        ("proxy", None, True),
        ("server", "server/discover", True),
        ("server", "tools/call run_query", False),
    ]
    assert steps[2]["detail"] == "refused, nothing ran"
    assert steps[2]["how_to_ask"] == "ask Data Platform in #ask-presto"
    assert steps[1]["how_to_ask"] is None


async def test_a_trace_is_for_whoever_made_it_for_operators_and_for_reviewers(registry: Registry) -> None:
    await tell(registry, refusal(1))
    await registry.platform.post("/api/invocations", json=[entry("a", trace_id=TRACE)])
    shown = {login: await why(registry, login) for login in ("bo", "ana", "olu", "sam", "carl")}
    layers = {login: [step["layer"] for step in answer.json().get("steps", ())] for login, answer in shown.items()}
    whole = ["proxy", "proxy", "server"]
    assert layers == {"bo": ["proxy"], "ana": ["proxy", "server"], "olu": whole, "sam": whole, "carl": []}
    assert (shown["carl"].status_code, shown["carl"].json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("trace", ["x", "0AF7651916CD43DD8448EB211C80319C", "0" * 31, "0" * 33])
async def test_what_is_no_trace_is_refused(registry: Registry, trace: str) -> None:
    assert (await why(registry, "olu", trace)).status_code == 400


async def test_without_a_token_nothing_is_said(registry: Registry) -> None:
    await tell(registry, refusal(1, user=None))
    assert (await registry.public.get(f"/api/why/{TRACE}")).status_code == 401
