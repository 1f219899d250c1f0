"""When a part is down, what was decided stays enforced."""

import tempfile
from pathlib import Path

from gateway.truth import is_serving
from tests.gateway.programs import eventually
from tests.gateway.stage import Stage, staged
from tests.gateway.wire import PATIENCE, read_until

FETCHES = "http.production-edge.jwt_authn.jwks_fetch_failed"


def enforced(stage: Stage) -> bool:
    return (stage.call("find").status, stage.call("drop").status, stage.call("find", who="carl").status) == (
        200,
        403,
        403,
    )


def test_a_polite_end_lets_an_open_call_finish() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="sb-gw-") as folder,
        staged(Path(folder)) as stage,
        stage.stream("seed") as wire,
    ):
        assert stage.process is not None
        stage.process.terminate()
        eventually(lambda: not is_serving(stage.admin.path), "the end has begun")
        stage.servers["seed"].let_go.set()
        assert b"last" in read_until(wire, b"last")
        assert stage.process.wait(PATIENCE) == 0


def test_the_last_good_policy_outlives_registry_issuer_and_gateway() -> None:
    with tempfile.TemporaryDirectory(prefix="sb-gw-") as folder, staged(Path(folder)) as stage:
        stage.desk_open.close()
        assert enforced(stage)
        stage.gateway_open.close()
        stage.start_gateway()
        assert enforced(stage), "after a restart with the registry down, the policies come from disk"
        stage.issuer_open.close()
        eventually(lambda: int(stage.admin.stats(FETCHES)[FETCHES]) > 0, "the key set can't be fetched")
        assert enforced(stage), "the last keys stay believed"
        assert stage.process is not None
        stage.process.kill()
        eventually(lambda: not is_serving(stage.admin.path), "no proxy goes on that nobody corrects")
