"""A new decision is obeyed by proxy and server within moments and without a restart; a false one by nobody."""

from base64 import b64encode
from collections.abc import Generator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from platform_core.policy.sign import SignedArtefact, sign
from tests.e2e.edge import Edge
from tests.e2e.governing import Desk, stolen
from tests.e2e.numbers import exposed, registry_numbers
from tests.e2e.remembered import Remembered
from tests.e2e.stack import Stack
from tests.e2e.waiting import awaited

EMPLOYEES_ONLY = {"greet": {"employment": ["employee"]}}


@pytest.fixture
def desk(stack: Stack, edge: Edge) -> Generator[Desk]:
    """Decisions about the seed server; the first one is in force again afterwards."""
    desk = Desk(stack.home)
    yield desk
    decide(stack, desk)
    awaited(lambda: edge.greet("as before", who="carl").status == 200, "the first policy is in force again")
    desk.close()


def decide(stack: Stack, desk: Desk, **wished: Any) -> None:
    """Put a decision in force and wait until the server obeys it; the proxy has its own tests."""
    version = desk.decide(**wished)
    awaited(lambda: version_in_force(stack) == version, "the server obeys the new policy")


def version_in_force(stack: Stack) -> float:
    return exposed(stack.inside(stack.socket("seed"), "/metrics"))["seedbed_policy_version"]


def may_greet(edge: Edge, login: str) -> bool:
    answer = edge.greet("may I?", who=login)
    return answer.status == 200 and not answer.result["isError"]


def test_a_tools_policy_is_obeyed_by_the_server_and_told_by_pre_flight(
    stack: Stack, edge: Edge, desk: Desk, remembered: Remembered
) -> None:
    remembered.call(edge.greet("before").trace)  # records come in order: the earlier ones are here now
    pids, denied = stack.pids, registry_numbers(stack)["seed"]["denied"]
    decide(stack, desk, policies=EMPLOYEES_ONLY)
    refused = edge.greet("never", who="carl")
    assert refused.result["isError"]
    told = refused.result["structuredContent"]
    assert (told["code"], told["rule"], told["trace_id"]) == ("authorization_denied", "seed/greet", refused.trace)
    assert "#ask-platform" in told["how_to_ask"]
    record = remembered.call(refused.trace)
    assert (record["outcome"], record["allowed"], record["rule"], record["minutes"]) == ("denied", 0, "seed/greet", 1.0)
    assert registry_numbers(stack)["seed"]["denied"] == denied + 1
    assert edge.ask("GET", "/api/preflight?server=seed&tool=greet", who="carl").body["allow"] is False
    assert may_greet(edge, "ana")
    assert stack.pids == pids


async def test_a_tool_that_became_closed_is_listed_no_more(stack: Stack, edge: Edge, desk: Desk) -> None:
    decide(stack, desk, policies=EMPLOYEES_ONLY)
    async with edge.connect("carl", "seed") as seed:
        assert (await seed.list_tools()).tools == []
    [seed_entry] = edge.ask("GET", "/api/catalog", who="carl").body["servers"]
    assert (seed_entry["name"], seed_entry["tools"]) == ("seed", [])


def test_the_gate_is_obeyed_by_the_proxy_and_opens_again(stack: Stack, edge: Edge, desk: Desk) -> None:
    pids = stack.pids
    decide(stack, desk, business_groups=["finance"])
    # Whichever of the two locks has heard of it first refuses, each under a name of its own.
    awaited(lambda: refused_by_the_proxy(edge, "bo"), "the proxy refuses bo")
    assert may_greet(edge, "ana")
    assert edge.ask("GET", "/api/preflight?server=seed", who="bo").body["allow"] is False
    decide(stack, desk, business_groups=["finance", "support"])
    awaited(lambda: may_greet(edge, "bo"), "bo is let in")
    assert stack.pids == pids


def refused_by_the_proxy(edge: Edge, login: str) -> bool:
    reply = edge.greet("never", who=login)
    return reply.status == 403 and reply.body["rule"] == "seed/default-deny"


def foreign(desk: Desk, key: str) -> SignedArtefact:
    """Signed by somebody's own key, under the id `key`."""
    artefact = desk.artefact("seed")
    return sign(artefact, key=key, private=Ed25519PrivateKey.generate())


def well_signed(stack: Stack, payload: bytes) -> SignedArtefact:
    """Any bytes under the right key."""
    key = stack.home.keys.signing
    signature = stolen(stack.home, key).sign(payload)
    return SignedArtefact(payload=b64encode(payload), key=key, signature=b64encode(signature))


def test_what_is_not_to_be_trusted_is_refused_and_the_last_good_stays(stack: Stack, edge: Edge, desk: Desk) -> None:
    decide(stack, desk, policies=EMPLOYEES_ONLY)
    good, other, version = desk.forged("seed"), desk.forged("presto"), version_in_force(stack)
    known = stack.home.keys.signing
    refused: dict[str, tuple[SignedArtefact, int]] = {
        "a foreign key": (foreign(desk, "somebody"), 400),
        "a foreign key under a known id": (foreign(desk, known), 400),
        "bytes changed after signing": (good.model_copy(update={"payload": other.payload}), 400),
        "a corrupt signature": (good.model_copy(update={"signature": b"x" * 64}), 400),
        "no policy at all": (well_signed(stack, b'{"server": "seed"}'), 400),
        "one that has run out": (desk.forged("seed", issued_at=1, not_after=2), 400),
        "one that nobody reviewed": (good, 403),
        "the one in force, handed in again": (desk.in_force("seed"), 403),
    }
    said = {what: desk.hand_in(signed).status_code for what, (signed, _) in refused.items()}
    assert said == {what: status for what, (_, status) in refused.items()}
    assert version_in_force(stack) == version
    assert (may_greet(edge, "carl"), may_greet(edge, "ana")) == (False, True)
