"""A change of policy is enforced at once, on new calls only, and nothing untrusted ever is."""

import base64
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.install import write
from platform_core.policy.sign import sign
from tests.gateway.artefacts import artefact
from tests.gateway.desk import Desk
from tests.gateway.programs import eventually
from tests.gateway.stage import Stage
from tests.gateway.wire import Json, message, read_until

VERSION = iter(range(1_000, 2_000))


def changed(**changes: object) -> Json:
    """A newer policy of the server that these tests change."""
    return {"server": "changing", "version": next(VERSION), **changes}


def in_force(stage: Stage, status: int, tool: str = "find", who: str = "ana") -> None:
    eventually(lambda: stage.call(tool, who=who, server="changing").status == status, f"{tool} by {who} is {status}")


CLOSED = {"gate": {"business_groups": ["nobody"]}}


def test_a_new_server_is_404_and_then_serves_with_nothing_between(stage: Stage) -> None:
    stage.desk.put(artefact(**changed()))
    in_force(stage, 200)
    stage.desk.withdraw("changing")
    in_force(stage, 404)
    stage.desk.put(artefact(**changed()))
    seen: list[int] = []
    eventually(lambda: seen.append(stage.call("find", server="changing").status) or seen[-1] == 200, "it serves again")
    assert set(seen) <= {404, 200}


def test_a_change_is_enforced_without_cutting_a_stream(stage: Stage) -> None:
    stage.desk.put(artefact(**changed()))
    in_force(stage, 200)
    with stage.stream("changing") as wire:
        stage.desk.put(artefact(**changed(**CLOSED)))
        in_force(stage, 403)
        stage.servers["changing"].let_go.set()
        assert b"last" in read_until(wire, b"last")


def untrusted(desk: Desk) -> dict[str, Callable[[], Json]]:
    """Policies that would open the closed server, if anybody obeyed them."""

    def tampered() -> Json:
        signed = desk.sign(artefact(**changed(**CLOSED)))
        payload = base64.b64decode(signed["payload"]).replace(b'"nobody"', b'"finance"')
        return signed | {"payload": base64.b64encode(payload).decode()}

    def of_a_foreign_key() -> Json:
        return sign(artefact(**changed()), key="dev-1", private=Ed25519PrivateKey.generate()).model_dump(mode="json")

    return {
        "tampered": tampered,
        "signed by a foreign key": of_a_foreign_key,
        "signed by a key that is not pinned": lambda: desk.sign(artefact(**changed())) | {"key": "dev-2"},
        "of another environment": lambda: desk.sign(artefact(**changed(environment="dev"))),
        "older than one seen": lambda: desk.sign(artefact(server="changing", version=1)),
        "expired": lambda: desk.sign(artefact(**changed(not_after=2))),
        "only says who may not": lambda: desk.sign(artefact(**changed(**bare_not()))),
        "garbage": lambda: {"payload": "x"},
    }


def bare_not() -> Json:
    return {"policies": artefact().model_dump(by_alias=True)["policies"] | {"change": {"not": {"group": "x"}}}}


@pytest.mark.parametrize("what", untrusted(Desk()))
def test_an_untrusted_policy_is_never_in_force(stage: Stage, what: str) -> None:
    stage.desk.put(artefact(**changed(**CLOSED)))
    in_force(stage, 403)
    stage.desk.send({"kind": "policy", "signed": untrusted(stage.desk)[what]()})
    # What comes after it is in force, so it has been read by then.
    stage.desk.put(artefact(server="marker", version=next(VERSION)))
    eventually(lambda: stage.call("find", server="marker").status != 404, "the next policy is in force")
    assert stage.call("find", server="changing").status == 403
    assert stage.call("find").status == 200
    stage.desk.withdraw("marker")
    eventually(lambda: stage.call("find", server="marker").status == 404, "the marker is gone")


def test_a_new_signing_key_is_believed_and_a_withdrawn_one_is_not(stage: Stage) -> None:
    issuer = stage.issuer
    issuer.keys["dev-two"] = rsa.generate_private_key(65537, 2048)
    issuer.published.append("dev-two")
    token = issuer.token(kid="dev-two")
    eventually(lambda: stage.call("find", token=token).status == 200, "the new key is believed")
    assert stage.call("find").status == 200
    issuer.published.remove("dev-two")
    eventually(lambda: stage.call("find", token=token).status == 401, "the withdrawn key is not")
    assert stage.call("find").status == 200


def test_a_misspelt_route_file_is_rejected_and_the_old_one_stays(stage: Stage) -> None:
    path = stage.xds / "rds-production-edge.pb"
    good, name = path.read_bytes(), "http.production-edge.rds.production-edge.update_rejected"
    before = int(stage.admin.stats(name)[name])
    write(path, good.replace(b"RBACPerRoute", b"RBACPerRoads"))
    eventually(lambda: int(stage.admin.stats(name)[name]) > before, "Envoy rejects it")
    assert (stage.call("find").status, stage.call("drop").status) == (200, 403)
    write(path, good)
    assert stage.say(message("ping")).status == 200
