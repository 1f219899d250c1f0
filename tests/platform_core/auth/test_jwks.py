"""The issuer's keys are followed in the background; what was good stays in force until something better arrives."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as new_elliptic
from jwt.algorithms import ECAlgorithm, HMACAlgorithm, RSAAlgorithm

from platform_core.auth.jwks import JwksFollower, KeySet
from platform_core.auth.tokens import Unauthenticated, Verifier
from tests.platform_core.issuer import (
    AUDIENCE,
    ISSUER,
    KeyServer,
    elliptic_key,
    key_set,
    public_jwk,
    rsa_key,
    token,
)
from tests.platform_core.serving import PATIENCE, serving

ONE, TWO = key_set(one=elliptic_key("one")), key_set(two=elliptic_key("two"))


@pytest.fixture(scope="module")
def running() -> Generator[tuple[KeyServer, str]]:
    server = KeyServer(ONE)
    with serving(server) as base:
        yield server, f"{base}/jwks"


@pytest.fixture
def server(running: tuple[KeyServer, str]) -> KeyServer:
    running[0].start_over(ONE)
    return running[0]


@pytest.fixture
def url(running: tuple[KeyServer, str]) -> str:
    return running[1]


@asynccontextmanager
async def following(url: str, *, every: float = 0.01, least: float = 0.0) -> AsyncGenerator[JwksFollower]:
    """A follower that looks again `every` so many seconds, at work while the block runs."""
    follower = JwksFollower(url, every=every, least=least)
    work = asyncio.create_task(follower.run())
    try:
        yield follower
    finally:
        assert not work.done(), "following ended"
        work.cancel()
        await asyncio.wait([work])


async def two_more_looks(server: KeyServer) -> None:
    """Return when what the server says now has surely been taken in: a second look begins after the first ended."""
    await asyncio.to_thread(server.wait_until_asked, server.asked + 3)


async def test_the_first_key_set_makes_it_ready(url: str) -> None:
    async with following(url, every=3600) as follower, asyncio.timeout(PATIENCE):
        await follower.wait_ready()
        assert set(follower.set.keys) == {"one"}


async def test_a_rotated_key_set_replaces_the_old_one(server: KeyServer, url: str) -> None:
    async with following(url) as follower, asyncio.timeout(PATIENCE):
        await follower.wait_ready()
        before = follower.set.generation
        server.publish(TWO)
        await two_more_looks(server)
        assert set(follower.set.keys) == {"two"}
        assert follower.set.generation == before + 1


async def test_the_same_keys_again_change_nothing(server: KeyServer, url: str) -> None:
    async with following(url) as follower, asyncio.timeout(PATIENCE):
        await follower.wait_ready()
        await two_more_looks(server)
        assert follower.set.generation == 1


async def test_a_new_number_under_an_old_name_is_a_change(server: KeyServer, url: str) -> None:
    async with following(url) as follower, asyncio.timeout(PATIENCE):
        await follower.wait_ready()
        server.publish(key_set(one=elliptic_key("two")))
        await two_more_looks(server)
        assert follower.set.generation == 2


async def test_a_token_with_an_unknown_key_brings_a_fetch_and_then_passes(server: KeyServer, url: str) -> None:
    async with following(url, every=3600) as follower, asyncio.timeout(PATIENCE):
        await follower.wait_ready()
        verifier = Verifier(follower, issuer=ISSUER, audience=AUDIENCE)
        server.publish(key_set(fresh=rsa_key()))
        bearer, before = token("ana", "fresh"), server.asked
        for more in (1, 2):  # when the second look begins, what the first one brought is taken in
            with contextlib.suppress(Unauthenticated):
                verifier.verify(bearer)
                break
            await asyncio.to_thread(server.wait_until_asked, before + more)
        assert verifier.verify(bearer).subject == "ana"
        assert server.asked <= before + 2


async def test_unknown_keys_cannot_make_us_flood_the_issuer() -> None:
    server = KeyServer(ONE)
    with serving(server) as url:
        async with following(url, every=3600, least=3600) as follower, asyncio.timeout(PATIENCE):
            await follower.wait_ready()
            for _ in range(100):
                follower.want()
                await asyncio.sleep(0)
    assert server.asked == 1


async def test_one_unknown_key_brings_one_fetch() -> None:
    server = KeyServer(ONE)
    with serving(server) as url:
        async with following(url, every=3600) as follower, asyncio.timeout(PATIENCE):
            for fetches in (1, 2, 3):
                await asyncio.to_thread(server.wait_until_asked, fetches)
                follower.want()
    assert server.asked <= 4


async def test_an_issuer_that_failed_is_asked_again_long_before_its_turn(server: KeyServer, url: str) -> None:
    server.status = 503
    async with following(url, every=3600) as follower, asyncio.timeout(PATIENCE):
        await asyncio.to_thread(server.wait_until_asked, server.asked + 1)
        server.status = 200
        await follower.wait_ready()


async def test_no_proxy_of_the_environment_stands_between_us_and_the_keys(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with following(url) as follower, asyncio.timeout(PATIENCE):
        await follower.wait_ready()


async def test_a_key_asked_for_right_after_a_fetch_is_not_forgotten(server: KeyServer, url: str) -> None:
    async with following(url, every=3600, least=0.05) as follower, asyncio.timeout(PATIENCE):
        await follower.wait_ready()
        follower.want()  # before the pause between two fetches is over
        await asyncio.to_thread(server.wait_until_asked, server.asked + 1)


async def test_an_issuer_that_is_down_leaves_the_last_keys_in_force(
    server: KeyServer, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with following(url) as follower, asyncio.timeout(PATIENCE):
        await follower.wait_ready()
        server.status = 503
        await two_more_looks(server)
        assert set(follower.set.keys) == {"one"}
        server.status = 200
        server.publish(TWO)
        await two_more_looks(server)
        assert set(follower.set.keys) == {"two"}
    assert len([r for r in caplog.records if "stays in force" in r.message]) == 1, "one line an outage, not one a try"


async def test_an_issuer_that_comes_late_is_met_all_the_same(server: KeyServer, url: str) -> None:
    server.status = 503
    async with following(url) as follower, asyncio.timeout(PATIENCE):
        await two_more_looks(server)
        assert not follower.set.keys
        server.status = 200
        await follower.wait_ready()
        assert set(follower.set.keys) == {"one"}


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"not json",
        b"\xff\xfe",
        b"[]",
        b"7",
        b"null",
        b"{}",
        b'{"keys": null}',
        b'{"keys": {}}',
        b'{"keys": 7}',
        b'{"keys": []}',
        b'{"keys": ["one", null, 7]}',
        b'{"keys": [{"kty": "RSA", "kid": "one", "n": "!", "e": "AQAB"}]}',
        b"[" * 100_000,
    ],
)
async def test_garbage_leaves_the_last_keys_in_force(server: KeyServer, url: str, garbage: bytes) -> None:
    async with following(url) as follower, asyncio.timeout(PATIENCE):
        await follower.wait_ready()
        server.publish(garbage)
        await two_more_looks(server)
        assert (set(follower.set.keys), follower.set.generation) == ({"one"}, 1)


async def test_a_redirect_is_not_followed(server: KeyServer, url: str) -> None:
    server.status, server.headers = 302, [(b"location", url.encode())]
    async with following(url) as follower, asyncio.timeout(PATIENCE):
        await two_more_looks(server)
        assert not follower.set.keys


WIDER = new_elliptic(SECP384R1()).public_key()


@pytest.mark.parametrize(
    "item",
    [
        pytest.param(HMACAlgorithm.to_jwk("shared secret of thirty-two bytes", as_dict=True), id="a shared secret"),
        pytest.param(RSAAlgorithm.to_jwk(rsa_key(), as_dict=True), id="a private key"),
        pytest.param(public_jwk(rsa_key(), "x", alg="RS512"), id="another algorithm"),
        pytest.param(public_jwk(rsa_key(), "x", use="enc"), id="a key to encrypt with"),
        pytest.param(ECAlgorithm.to_jwk(WIDER, as_dict=True), id="another curve"),
        pytest.param(public_jwk(rsa_key(), ""), id="an empty name"),
        pytest.param(public_jwk(rsa_key(), "x") | {"kid": None}, id="no name"),
        pytest.param(public_jwk(rsa_key(), "x") | {"kid": ["x"]}, id="a name that is a list"),
        pytest.param(public_jwk(rsa_key(), "x") | {"kid": 7}, id="a name that is a number"),
    ],
)
def test_only_public_signing_keys_of_the_pinned_algorithms_are_taken_in(item: dict[str, object]) -> None:
    keys, named = KeySet(), {"kid": "x"} | item
    with pytest.raises(ValueError, match="key"):
        keys.replace({"keys": [named]})
    keys.replace({"keys": [named, *ONE["keys"]]})
    assert set(keys.keys) == {"one"}


def test_a_key_that_says_it_is_for_signing_is_taken_in() -> None:
    keys = KeySet()
    keys.replace({"keys": [public_jwk(elliptic_key("one"), "one", use="sig", alg="ES256")]})
    assert set(keys.keys) == {"one"}


def test_a_set_without_a_usable_key_is_refused_and_says_so() -> None:
    keys = KeySet()
    keys.replace(ONE)
    with pytest.raises(ValueError, match="not a key set"):
        keys.replace(json.loads('{"keys": "none"}'))
    assert (set(keys.keys), keys.generation) == ({"one"}, 1)
