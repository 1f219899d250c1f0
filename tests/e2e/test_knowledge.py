"""Knowledge behind the proxy: two employees get two answers, and Spark's root causes are found by who may read them."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, cast

import pytest

from servers.spark.incidents.sqlite import SqliteRootCauses
from servers.spark.incidents.store import RootCause, record_id
from tests.e2e.edge import ERAS, Edge, Era
from tests.e2e.stack import Stack
from tests.e2e.waiting import awaited
from tests.gateway.wire import CURRENT, PREVIOUS

both_eras = pytest.mark.parametrize("era", ERAS)
COMMAND = Path(sys.executable).with_name("seedbed-server-knowledge")


def search(edge: Edge, who: str, query: str, era: str = CURRENT, **more: object) -> dict[str, Any]:
    """What a search answers a person."""
    return edge.call("search", {"query": query, **more}, who=who, server="knowledge", era=era).result[
        "structuredContent"
    ]


def documents(found: dict[str, Any]) -> list[str]:
    return [passage["id"].removeprefix("kb:passage/").partition("#")[0] for passage in found["passages"]]


@pytest.fixture(scope="session")
def read_once(stack: Stack, edge: Edge) -> None:
    """The sources were all read: at the first start on a machine that takes some seconds."""

    def complete() -> bool:
        found = search(edge, "ana", "how do I claim expenses")
        return bool(found["passages"]) and "still being read" not in found["note"]

    awaited(complete, "the sources are read")


@both_eras
@pytest.mark.usefixtures("read_once")
async def test_two_employees_get_two_answers(edge: Edge, era: Era) -> None:
    said: list[list[str]] = []
    for who in ("ana", "bo"):
        async with edge.connect(who, "knowledge", era=era) as knowledge:
            answer = await knowledge.call_tool("search", {"query": "gross margin by product line", "limit": 20})
        said.append(documents(cast("dict[str, Any]", answer.structured_content)))
    assert "metrics/gross-margin" in said[0]
    assert "metrics/gross-margin" not in said[1]


@pytest.mark.parametrize("era", [CURRENT, PREVIOUS])
@pytest.mark.usefixtures("read_once")
def test_what_is_cited_can_be_read_by_who_may_and_exists_for_nobody_else(edge: Edge, era: str) -> None:
    cited = search(edge, "ana", "gross margin by product line", era)["passages"][0]["id"]
    mine, theirs = [edge.call("read", {"id": cited}, who=who, server="knowledge", era=era) for who in ("ana", "bo")]
    assert mine.result["structuredContent"]["id"] == cited
    assert (theirs.result["isError"], theirs.result["structuredContent"]["code"]) == (True, "not_found")


@pytest.mark.parametrize("era", [CURRENT, PREVIOUS])
@pytest.mark.usefixtures("read_once")
def test_a_report_that_notifies_nobody_asks_nobody_and_is_counted_for_who_may_read_the_page(
    edge: Edge, era: str
) -> None:
    def gaps(who: str) -> dict[str, int]:
        told = edge.call("list_sources", {}, who=who, server="knowledge", era=era).result["structuredContent"]
        return {source["name"]: source["gaps"] for source in told["sources"]}

    before = {who: gaps(who)["metrics"] for who in ("ana", "bo")}
    report = {"kind": "wrong", "query": "gross margin", "passage_ids": ["kb:doc/metrics/gross-margin"]}
    told = edge.call("report_gap", report, who="ana", server="knowledge", era=era).result["structuredContent"]
    assert (told["notified"], told["note"]) == (False, f"A ticket for {told['owner']}; nobody was notified.")
    assert {who: gaps(who)["metrics"] - count for who, count in before.items()} == {"ana": 1, "bo": 0}


def test_a_contractor_is_refused_before_a_session(edge: Edge) -> None:
    refused = edge.call("search", {"query": "orders"}, who="carl", server="knowledge")
    assert (refused.status, refused.body["code"]) == (403, "authorization_denied")


@pytest.mark.usefixtures("read_once")
def test_a_root_cause_is_found_by_the_business_groups_that_may_read_it(stack: Stack, edge: Edge) -> None:
    recorded = RootCause(
        id=record_id("app-77", "0123456789ab"), app_id="app-77", app_name="nightly_turbines", kind="skew",
        signature="0123456789ab", cause="One turbine sent every reading twice.", evidence=("stage:2.0",),
        fix="Drop readings that repeat their number.", severity="high", recorded_by="olu", recorded_at=int(time.time()),
        groups=("data-platform",),
    )  # fmt: skip
    SqliteRootCauses(stack.home.state / "spark" / "root-causes.db").record(recorded)
    told = subprocess.run(
        [COMMAND, "sync"],
        env=os.environ | {"SEEDBED_PLATFORM_STATE": str(stack.home.state)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stdout + told.stderr
    found = search(edge, "olu", "turbine readings twice")
    assert documents(found)[0].startswith("root-causes/")
    assert found["passages"][0]["why_visible"] == "visible to you by business:data-platform"
    assert "turbine" not in str(search(edge, "bo", "turbine readings twice"))
