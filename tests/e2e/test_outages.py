"""When a part is down the others do their work, and what was decided stays enforced."""

import time

import pytest

from tests.e2e.edge import Edge
from tests.e2e.numbers import exposed
from tests.e2e.remembered import Remembered
from tests.e2e.stack import Stack
from tests.e2e.waiting import awaited


def enforced(edge: Edge) -> bool:
    """Three people, three answers."""
    return (
        edge.call("run_query", {"sql": "select 1"}, who="ana").status == 200
        and edge.call("run_query", {"sql": "select 1"}, who="bo").status == 403
        and edge.call("find_tables", {}, who="carl").status == 403
        and edge.call("find_tables", {}, who=None).status == 401
    )


def state(edge: Edge, server: str) -> str:
    """What the registry says of a server's health, to a person who may use it."""
    servers = edge.ask("GET", "/api/catalog", who="ana").body["servers"]
    return next(entry["status"] for entry in servers if entry["name"] == server)


def test_without_the_identity_provider_good_tokens_go_on(mended: Stack, edge: Edge) -> None:
    for login in ("ana", "bo", "carl"):
        edge.token(login)
    mended.stop("identity")
    assert enforced(edge)
    assert edge.greet("a bad token", ("authorization", "Bearer x"), who=None).status == 401
    mended.start("identity")
    assert edge.greet("a new token", ("authorization", f"Bearer {edge.fresh_token('bo')}"), who=None).status == 200


def test_without_the_registry_enforcement_goes_on_and_records_arrive_later_once(
    mended: Stack, edge: Edge, remembered: Remembered
) -> None:
    mended.stop("registry")
    assert enforced(edge)
    assert edge.ask("GET", "/api/catalog", who="ana").status == 503
    traces = [edge.greet("before the night").trace]
    mended.stop("seed")
    mended.start("seed")
    awaited(lambda: edge.opens("ana", "seed"), "the server is back, under its last good policy")
    traces.append(edge.greet("after the night").trace)
    mended.start("registry")
    told = [remembered.call(trace)["arguments"] for trace in traces]
    assert told == ['{"word":"before the night"}', '{"word":"after the night"}']


def test_presto_dies_and_seed_answers_and_the_registry_says_so(mended: Stack, edge: Edge) -> None:
    awaited(lambda: state(edge, "presto") == "healthy", "presto is well")
    mended.kill("presto")
    awaited(lambda: edge.call("find_tables", {}).status == 503, "presto does not answer")
    assert edge.greet("still here").status == 200
    awaited(lambda: state(edge, "presto") == "down", "the registry has seen it")
    assert "Down" in edge.page("ana", "/servers/presto")
    assert state(edge, "seed") == "healthy"
    metrics = exposed(mended.inside(mended.home.registry_socket, "/metrics"))
    assert metrics['seedbed_registry_servers{environment="production",state="down"}'] == 1
    mended.start("presto")
    awaited(lambda: state(edge, "presto") == "healthy", "the registry has seen it again")
    assert edge.call("find_tables", {}).status == 200


def test_without_the_engine_the_caller_is_told_that_it_may_pass(mended: Stack, edge: Edge) -> None:
    mended.stop("engine")
    answer = edge.call("run_query", {"sql": "select 1"})
    assert (answer.status, answer.result["isError"]) == (200, True)
    assert answer.result["structuredContent"]["code"] == "unavailable"
    mended.start("engine")
    assert not edge.call("run_query", {"sql": "select 1"}).result["isError"]


def test_without_the_gateway_the_proxy_enforces_what_it_was_told_last(mended: Stack, edge: Edge) -> None:
    mended.kill("gateway")
    awaited(lambda: mended.pid("gateway") is None, "the gateway is dead")
    assert enforced(edge)
    mended.start("gateway")
    assert enforced(edge)


def test_without_the_proxy_nobody_gets_in_and_with_it_everybody_as_before(mended: Stack, edge: Edge) -> None:
    mended.kill("envoy")
    awaited(lambda: not edge.opens("ana", "seed"), "the door is gone")
    mended.start("envoy")
    awaited(lambda: edge.opens("ana", "seed"), "the door is open again")
    assert enforced(edge)


@pytest.mark.parametrize("part", ["mesh", "signer"])
def test_without_those_who_make_identities_and_signatures_what_was_made_stays_good(
    mended: Stack, edge: Edge, web_chat: Edge, part: str
) -> None:
    mended.kill(part)
    awaited(lambda: mended.pid(part) is None, f"{part} is dead")
    assert enforced(edge)
    assert web_chat.opens("ana", "seed") is False, "its certificate is good, its surface was never opened"
    assert web_chat.ask("GET", "/api/catalog", who="ana").status == 200


@pytest.mark.extra
def test_a_server_that_is_well_is_never_called_on_a_connection_that_it_closes(
    stack: Stack, remembered: Remembered
) -> None:
    """Seven looks of the probe, on a connection that rests between them, and no call that got lost."""
    now = time.time()
    well = """
        SELECT server FROM health
        WHERE environment = 'production' AND state = 'healthy' AND checked_at - max(since, ?) > 30
    """
    awaited(lambda: len(remembered.rows(well, now)) == len(stack.servers), "every server is well for half a minute")
