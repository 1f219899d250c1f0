"""Spark behind the proxy: an engineer learns the first cause in both eras, a browser of lists learns that it exists."""

from typing import Any, cast

import pytest

from tests.e2e.edge import ERAS, Edge, Era, Reply
from tests.gateway.wire import CURRENT, PREVIOUS, Header, message

OOM = "app-20261122183520-0006"
both_eras = pytest.mark.parametrize("era", ERAS)


@both_eras
async def test_an_engineer_learns_the_first_cause(edge: Edge, era: Era) -> None:
    async with edge.connect("ana", "spark", era=era) as spark:
        said = await spark.call_tool("diagnose_application", {"app_id": OOM})
        catalogue = await spark.read_resource("spark://findings")
    verdict = cast("dict[str, Any]", said.structured_content)
    assert (said.is_error, verdict["kind"]) == (False, "out_of_memory_heap")
    assert verdict["app"] == f"spark:app/{OOM}"
    assert "out_of_memory_heap" in str(catalogue)


@both_eras
async def test_support_finds_applications_and_reads_none(edge: Edge, era: Era) -> None:
    async with edge.connect("bo", "spark", era=era) as spark:
        assert [tool.name for tool in (await spark.list_tools()).tools] == ["find_applications"]
        found = await spark.call_tool("find_applications", {"status": "failed"})
    assert OOM in str(found.structured_content)


@pytest.mark.parametrize("era", [CURRENT, PREVIOUS])
def test_the_bot_uses_spark_where_airflow_is_supported_and_nowhere_else(chat_bot: Edge, era: str) -> None:
    allowed = _diagnosed(chat_bot, era, ("x-seedbed-channel", "#airflow-support"))
    assert allowed.result["structuredContent"]["kind"] == "out_of_memory_heap"
    for headers in ([], [("x-seedbed-channel", "#random")], [("x-seedbed-channel", "#spark-oncall")]):
        for refused in (_diagnosed(chat_bot, era, *headers), _listed(chat_bot, era, *headers)):
            assert (refused.status, refused.body["code"]) == (403, "authorization_denied")


@pytest.mark.parametrize("era", [CURRENT, PREVIOUS])
def test_other_surfaces_follow_their_own_rule(edge: Edge, web_chat: Edge, era: str) -> None:
    for door in (edge, web_chat):
        assert _diagnosed(door, era).result["structuredContent"]["kind"] == "out_of_memory_heap"


def _diagnosed(door: Edge, era: str, *headers: Header) -> Reply:
    return door.call("diagnose_application", {"app_id": OOM}, *headers, server="spark", era=era)


def _listed(door: Edge, era: str, *headers: Header) -> Reply:
    return door.say(message("tools/list", era=era), *headers, server="spark", era=era)
