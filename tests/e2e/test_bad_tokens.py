"""A token that proves nothing ends at the proxy: 401, and no server hears of it."""

from collections.abc import Callable

import pytest

from tests.deploy.local.identity.forge import Forge
from tests.e2e.edge import Edge, Reply
from tests.e2e.numbers import exposed
from tests.e2e.remembered import Remembered
from tests.e2e.stack import Stack
from tests.gateway.wire import CURRENT, PREVIOUS, Header, message

WORTHLESS: dict[str, Callable[[Forge], str]] = {
    "tampered": Forge.tampered,
    "expired": Forge.expired,
    "expired a moment ago": lambda forge: forge.expired(seconds_ago=1),
    "lives too long": Forge.too_long,
    "lives a second too long": lambda forge: forge.token(exp=forge.claims()["exp"] + 1),
    "not valid yet": Forge.not_yet,
    "for another audience": Forge.for_another_audience,
    "from another issuer": Forge.from_another_issuer,
    "unsigned": Forge.unsigned,
    "the public key as a secret": Forge.hmac,
    "another key under the known id": Forge.by_another_key,
    "an unknown key id": Forge.by_an_unknown_kid,
    "without an end": lambda forge: forge.token(without=("exp",)),
    "without groups": lambda forge: forge.token(without=("groups",)),
    "groups as text": lambda forge: forge.token(groups="data-engineering"),
    "no token at all": lambda _: "root",
}


def bearer(token: str) -> Header:
    return ("authorization", f"Bearer {token}")


def never_seen(remembered: Remembered, replies: list[Reply]) -> bool:
    """The proxy answered these requests itself."""
    return not [line for line in remembered.access(*(reply.trace for reply in replies)) if "upstream" in line]


@pytest.fixture
def untouched(stack: Stack) -> Callable[[], bool]:
    """Whether the seed server has counted neither a call nor a refusal since the test began."""
    before = counts_of(stack)
    return lambda: counts_of(stack) == before


def counts_of(stack: Stack) -> dict[str, float]:
    samples = exposed(stack.inside(stack.socket("seed"), "/metrics"))
    return {name: value for name, value in samples.items() if name.startswith(("seedbed_calls_", "seedbed_refusals_"))}


def test_the_forger_is_as_good_as_the_provider(edge: Edge) -> None:
    assert edge.greet("forged", bearer(edge.forge.token()), who=None).result["structuredContent"]["person"] == "ana"


@pytest.mark.parametrize("era", [CURRENT, PREVIOUS])
def test_a_worthless_token_is_401_and_no_server_sees_it(
    edge: Edge, remembered: Remembered, untouched: Callable[[], bool], era: str
) -> None:
    forge = edge.forge
    replies = {what: edge.greet(what, bearer(make(forge)), who=None, era=era) for what, make in WORTHLESS.items()}
    assert {what: (reply.status, reply.body["code"]) for what, reply in replies.items()} == {
        what: (401, "unauthenticated") for what in WORTHLESS
    }
    assert never_seen(remembered, list(replies.values()))
    assert untouched()


def test_the_registry_takes_no_worthless_token_either(edge: Edge) -> None:
    forge = edge.forge
    replies = {what: edge.ask("GET", "/api/catalog", bearer(make(forge))) for what, make in WORTHLESS.items()}
    assert {what: reply.status for what, reply in replies.items()} == dict.fromkeys(WORTHLESS, 401)


def test_two_authorization_headers_are_one_too_many(
    edge: Edge, remembered: Remembered, untouched: Callable[[], bool]
) -> None:
    ana, bo = edge.bearer("ana"), edge.bearer("bo")
    pairs = [(ana, bo), (bo, ana), (ana, ana), (ana, ("authorization", "Basic cm9vdDpyb290")), (ana, bearer("x"))]
    replies = [edge.greet("twice", *pair, who=None) for pair in pairs]
    assert [reply.status for reply in replies] == [401] * len(pairs)
    assert never_seen(remembered, replies)
    assert untouched()


@pytest.mark.parametrize("name", ["access_token", "token", "authorization"])
def test_a_token_in_the_query_is_no_token_and_stays_out_of_the_logs(
    stack: Stack, edge: Edge, remembered: Remembered, untouched: Callable[[], bool], name: str
) -> None:
    reply = edge.ask("POST", f"/mcp/seed?{name}={edge.token('ana')}", content=b"{}")
    assert reply.status == 401
    assert never_seen(remembered, [reply])
    assert untouched()
    assert edge.token("ana") not in stack.everything_logged()


@pytest.mark.parametrize("azp", ["web-chat", "seedbed-cli-dev", "", None, ["seedbed-cli"]])
def test_a_token_of_another_client_opens_nothing(edge: Edge, untouched: Callable[[], bool], azp: object) -> None:
    refused = edge.greet("elsewhere", bearer(edge.forge.token(azp=azp)), who=None)
    assert (refused.status, refused.body["code"]) == (403, "client_not_allowed")
    assert untouched()


@pytest.mark.parametrize("method", ["tools/list", "server/discover"])
def test_the_probe_may_list_and_call_nothing(edge: Edge, method: str) -> None:
    probe = edge.forge.token(
        sub="seedbed-probe", azp="seedbed-probe", groups=[], business_groups=[], roles=[], employment="service"
    )
    assert edge.say(message(method), bearer(probe), who=None, server="presto").status == 200
    assert edge.greet("probing", bearer(probe), who=None).status == 403


def test_no_log_holds_a_token(stack: Stack, edge: Edge) -> None:
    edge.greet("logged")
    edge.greet("refused", bearer(edge.forge.expired()), who=None)
    assert "eyJ" not in stack.everything_logged()
