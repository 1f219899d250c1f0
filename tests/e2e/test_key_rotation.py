"""The identity provider turns its keys while people work: nobody notices, and a withdrawn key opens nothing."""

import os
import subprocess
import sys
from collections.abc import Generator

import pytest

from gateway.admin import Admin
from tests.e2e.edge import Edge
from tests.e2e.load import load
from tests.e2e.stack import Stack
from tests.e2e.waiting import awaited
from tests.gateway.wire import Header

FETCHED = "http.production-edge.jwt_authn.jwks_fetch_success"
EVERY_SECOND = {"SEEDBED_AUTH_JWKS_SECONDS": "1"}


@pytest.fixture
def attentive(mended: Stack, edge: Edge, dev: Edge, web_chat: Edge, chat_bot: Edge) -> Generator[Stack]:
    """Proxy and seed server look at the key set every second, so that a test need not last a minute."""
    for name in ("seed", "gateway"):
        mended.stop(name)
    for name in ("gateway", "seed"):
        mended.start(name, EVERY_SECOND)
    awaited(lambda: edge.opens("ana", "seed"), "calls pass")
    yield mended
    for door in (edge, dev, web_chat, chat_bot):  # what they keep was signed by a key that was withdrawn
        door.forget_tokens()
    awaited(lambda: edge.ask("GET", "/api/catalog", who="ana").status == 200, "the registry knows the new key")


def operator(stack: Stack, word: str) -> None:
    """What an operator types to turn the keys."""
    ours = {"SEEDBED_IDENTITY_STATE": str(stack.home.identity)}
    subprocess.run([sys.executable, "-m", "deploy.local.identity", word], env=os.environ | ours, check=True)


def seen_by_the_proxy(stack: Stack) -> None:
    """Return when the proxy has fetched the key set twice: the second one began after this was called."""
    admin = Admin(stack.home.admin_socket)
    before = int(admin.stats(FETCHED)[FETCHED])
    awaited(lambda: int(admin.stats(FETCHED)[FETCHED]) >= before + 2, "the proxy has fetched the keys")


def test_calls_go_on_while_keys_turn_and_a_withdrawn_key_dies_at_both_locks(attentive: Stack, edge: Edge) -> None:
    old = edge.token("ana")
    with load(edge, "rotating") as going:
        operator(attentive, "publish")
        seen_by_the_proxy(attentive)
        operator(attentive, "rotate")
        new = edge.fresh_token("ana")
        assert edge.greet("under the new key", bearer(new), who=None).status == 200
        going.goes_on()
    assert going.refused == []
    assert opens_both_locks(attentive, edge, old)
    operator(attentive, "withdraw")
    awaited(lambda: edge.greet("too late", bearer(old), who=None).status == 401, "the old key dies at the proxy")
    awaited(lambda: straight_in(attentive, edge, old) == 401, "the old key dies at the server")
    assert opens_both_locks(attentive, edge, new)


def bearer(token: str) -> Header:
    return ("authorization", f"Bearer {token}")


def opens_both_locks(stack: Stack, edge: Edge, token: str) -> bool:
    through_the_proxy = edge.greet("hello", bearer(token), who=None).status
    return (through_the_proxy, straight_in(stack, edge, token)) == (200, 200)


def straight_in(stack: Stack, edge: Edge, token: str) -> int:
    """What the server alone says of a token."""
    claim = ("x-forwarded-user", "ana")
    return edge.past_the_proxy(stack.socket("seed"), bearer(token), claim).status
