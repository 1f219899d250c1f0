"""A service calls without a person what is listed for it, until the listing ends, and nothing else."""

import time

import pytest

from tests.gateway.artefacts import FOR_EVER, artefact
from tests.gateway.authority import TRUST_DOMAIN
from tests.gateway.entry import Entry
from tests.gateway.programs import eventually
from tests.gateway.stage import Stage
from tests.gateway.wire import CURRENT, PREVIOUS, READING, message, refused

VERSION = iter(range(1, 1_000))


def listed(name: str, expires: int = FOR_EVER) -> dict[str, object]:
    path = f"spiffe://{TRUST_DOMAIN}/production/service/{name}"
    return {"spiffe_id": path, "tools": ["find"], "reason": "a report", "owner": "data", "expires": expires}


def service(stage: Stage, name: str) -> Entry:
    return stage.mesh(f"/production/service/{name}")


def put(stage: Stage, *services: dict[str, object], discovery: str = "person") -> None:
    """Put the policy of the server that these tests change in force, and wait until a listed service gets through."""
    marker = f"v{next(VERSION)}"
    reach = {"surfaces": ["cli", "web-chat"], "discovery": discovery}
    everybody = (*services, listed(marker))
    stage.desk.put(artefact(server="nightly", version=next(VERSION), reach=reach, services=everybody))
    called = service(stage, marker)
    eventually(lambda: called.call("find", server="nightly", who=None).status == 200, "the policy is in force")


@pytest.mark.parametrize("era", [CURRENT, PREVIOUS])
def test_a_listed_service_calls_its_tool_and_no_person_is_named(stage: Stage, era: str) -> None:
    put(stage, listed("report"))
    seen = service(stage, "report").call("find", server="nightly", who=None, era=era).seen
    assert not {"authorization", "x-forwarded-user", "x-forwarded-groups", "x-forwarded-surface"} & seen.keys()
    assert seen["x-forwarded-client-cert"][0].endswith("/production/service/report")


@pytest.mark.parametrize("tool", ["query", "drop", "salaries", "hidden"])
@pytest.mark.parametrize("era", [CURRENT, PREVIOUS])
def test_a_tool_that_is_not_listed_stays_closed(stage: Stage, tool: str, era: str) -> None:
    put(stage, listed("report"))
    before = stage.servers["nightly"].requests
    assert refused(service(stage, "report").call(tool, server="nightly", who=None, era=era), 401, "unauthenticated")
    assert stage.servers["nightly"].requests == before


def test_a_service_cannot_lie_about_its_tool(stage: Stage) -> None:
    put(stage, listed("report"))
    assert service(stage, "report").call("drop", server="nightly", who=None, name="find").status == 400


@pytest.mark.parametrize("name", ["other", "report2", "report/x", "Report"])
def test_a_service_that_is_not_listed_is_nobody(stage: Stage, name: str) -> None:
    put(stage, listed("report"))
    assert refused(service(stage, name).call("find", server="nightly", who=None), 401, "unauthenticated")


def test_the_same_name_in_dev_is_another_service(stage: Stage) -> None:
    put(stage, listed("report"))
    foreign = stage.mesh("/dev/service/report")
    assert refused(foreign.call("find", server="nightly", who=None), 401, "unauthenticated")


def test_a_service_whose_time_is_over_is_nobody(stage: Stage) -> None:
    put(stage, listed("late", expires=int(time.time()) - 1), listed("soon", expires=int(time.time()) + 2))
    assert refused(service(stage, "late").call("find", server="nightly", who=None), 401, "unauthenticated")
    soon = service(stage, "soon")
    eventually(lambda: soon.call("find", server="nightly", who=None).status == 401, "its time is over")


@pytest.mark.parametrize(("discovery", "status"), [("person", 401), ("service", 200)])
def test_whether_a_service_may_look_is_decided_for_each_server(stage: Stage, discovery: str, status: int) -> None:
    put(stage, listed("report"), discovery=discovery)
    found = {service(stage, "report").say(message(each), server="nightly", who=None).status for each in READING}
    assert found == {status}
    assert service(stage, "other").say(message("tools/list"), server="nightly", who=None).status == 401


def test_with_a_token_it_is_a_person_s_call_and_the_listing_opens_nothing(stage: Stage) -> None:
    put(stage, listed("report"))
    caller = stage.mesh("/production/service/report", client="seedbed-web-chat")
    assert refused(caller.call("find", server="nightly"), 403, "client_not_allowed")


def test_at_the_edge_nobody_calls_without_a_token(stage: Stage) -> None:
    put(stage, listed("report"), discovery="service")
    for method in READING:
        assert refused(stage.say(message(method), server="nightly", who=None), 401, "unauthenticated")
    assert refused(stage.call("find", server="nightly", who=None), 401, "unauthenticated")


@pytest.mark.parametrize("method", ["resources/read", "prompts/get", "completion/complete"])
def test_a_service_calls_tools_and_nothing_else(stage: Stage, method: str) -> None:
    put(stage, listed("report"), discovery="service")
    sent = message(method, "explain", uri="seed://about")
    assert service(stage, "report").say(sent, server="nightly", who=None).status in (400, 401)


def test_a_service_has_no_stream_of_its_own(stage: Stage) -> None:
    put(stage, listed("report"), discovery="service")
    assert service(stage, "report").ask("GET", "/mcp/nightly").status == 401
