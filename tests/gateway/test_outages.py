"""When a part is down, what was decided stays enforced: registry, issuer, gateway and Envoy end apart."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.admin import AdminGone
from gateway.truth import is_serving
from tests.gateway.artefacts import artefact
from tests.gateway.authority import WorkloadSocket
from tests.gateway.programs import eventually
from tests.gateway.stage import DOORS, Stage, staged
from tests.gateway.wire import PATIENCE, read_until

FETCHES = "http.production-edge.jwt_authn.jwks_fetch_failed"


@pytest.fixture
def fresh() -> Iterator[Stage]:
    """A stage that may be taken apart."""
    with tempfile.TemporaryDirectory(prefix="sb-gw-") as folder, staged(Path(folder)) as stage:
        yield stage


def enforced(stage: Stage) -> bool:
    told = (stage.call("find").status, stage.call("drop").status, stage.call("find", who="carl").status)
    return told == (200, 403, 403) and stage.web_chat().call("find").status == 200


def served(stage: Stage) -> bool:
    return is_serving(stage.admin.path, len(DOORS))


def test_a_polite_end_lets_an_open_call_finish(fresh: Stage) -> None:
    with fresh.stream("seed") as wire:
        assert fresh.envoy is not None
        fresh.envoy.terminate()
        eventually(lambda: not answers(fresh), "the end has begun")
        fresh.servers["seed"].let_go.set()
        assert b"last" in read_until(wire, b"last")
        assert fresh.envoy.wait(PATIENCE) == 0


def answers(stage: Stage) -> bool:
    try:
        return stage.admin.live()
    except AdminGone:
        return False


def test_the_last_good_policy_outlives_registry_and_issuer_and_a_restart_of_both_parts(fresh: Stage) -> None:
    fresh.desk_open.close()
    assert enforced(fresh)
    fresh.gateway_open.close()
    fresh.envoy_open.close()
    fresh.start_gateway()
    fresh.start_envoy()
    fresh.await_calls()
    assert enforced(fresh), "after a restart with the registry down, the policies come from disk"
    fresh.issuer_open.close()
    eventually(lambda: int(fresh.admin.stats(FETCHES)[FETCHES]) > 0, "the key set can't be fetched")
    assert enforced(fresh), "the last keys stay believed"


def test_envoy_goes_on_when_the_gateway_is_killed_and_obeys_the_next_one(fresh: Stage) -> None:
    assert fresh.process is not None
    with fresh.stream("seed") as wire:
        fresh.process.kill()
        fresh.process.wait(PATIENCE)
        assert enforced(fresh)
        fresh.desk.put(artefact(version=2, reach={"surfaces": ["cli"]}, gate={"business_groups": ["nobody"]}))
        fresh.start_gateway()
        eventually(lambda: fresh.call("find").status == 403, "what was decided meanwhile is enforced")
        fresh.servers["seed"].let_go.set()
        assert b"last" in read_until(wire, b"last"), "nobody was cut off"


def test_the_gateway_goes_on_when_envoy_is_killed_and_the_next_one_obeys(fresh: Stage) -> None:
    assert fresh.envoy is not None
    fresh.envoy.kill()
    fresh.envoy.wait(PATIENCE)
    eventually(lambda: not answers(fresh), "Envoy ends with whoever keeps it alive")
    fresh.desk.put(artefact(version=2, gate={"business_groups": ["nobody"]}))
    fresh.start_envoy()
    eventually(lambda: served(fresh), "Envoy serves again")
    eventually(lambda: fresh.call("find").status == 403, "what was decided meanwhile is enforced")


def test_people_s_own_clients_do_not_wait_for_the_proxy_s_identity(fresh: Stage) -> None:
    fresh.gateway_open.close()
    fresh.envoy_open.close()
    fresh.workloads.close()
    shutil.rmtree(fresh.folder / "run/envoy")
    fresh.start_gateway()
    fresh.start_envoy()
    eventually(lambda: reached(fresh) and fresh.call("find").status == 200, "the edge is open")
    assert is_serving(fresh.admin.path, 2), "both edges, and no mesh yet"
    with contextlib.closing(WorkloadSocket(fresh.workloads.path, fresh.authority)):
        eventually(lambda: served(fresh), "the mesh opens once the agent is there")
        assert fresh.web_chat().call("find").status == 200


def reached(stage: Stage) -> bool:
    try:
        return stage.call("find", who=None).status == 401
    except ConnectionError:
        return False
