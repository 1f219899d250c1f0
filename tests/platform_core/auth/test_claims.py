"""What a token says is held to its type, its time and its place before it is believed, and not for long."""

import time
from collections.abc import Iterator

import jwt
import pytest

from platform_core.auth import tokens
from platform_core.auth.tokens import MEMO_SECONDS, SKEW, Verifier
from platform_core.testing.people import PEOPLE
from tests.platform_core.auth.verifying import Clock, Keys, refusal, signed
from tests.platform_core.issuer import AUDIENCE, ISSUER, claims, elliptic_key, key_set, rsa_key, token


@pytest.mark.parametrize(
    "audience", ["presto", "seedbed-cli", "seedbed/", "Seedbed", "", ..., ["presto", "cli"], 7, {}]
)
def test_a_token_for_somebody_else_is_refused(verifier: Verifier, audience: object) -> None:
    assert refusal(verifier, signed({"alg": "RS256", "kid": "rsa"}, claims(aud=audience)))


@pytest.mark.parametrize(
    "issuer", ["https://login.test/", "https://LOGIN.test", "https://evil.test", "", ..., 7, [ISSUER]]
)
def test_a_token_of_another_issuer_is_refused(verifier: Verifier, issuer: object) -> None:
    assert refusal(verifier, signed({"alg": "RS256", "kid": "rsa"}, claims(iss=issuer)))


@pytest.mark.parametrize("claim", ["sub", "azp", "jti", "employment"])
@pytest.mark.parametrize("value", [..., None, "", 7, ["ana"], {"ana": 1}, True])
def test_a_claim_that_must_be_text_is_text(verifier: Verifier, claim: str, value: object) -> None:
    assert claim in refusal(verifier, signed({"alg": "RS256", "kid": "rsa"}, claims(**{claim: value}))).lower() or (
        claim in {"sub", "jti"}  # the library has its own words for these two
    )


@pytest.mark.parametrize("claim", ["groups", "business_groups", "roles"])
@pytest.mark.parametrize("value", [..., None, "finance", 7, {"finance": 1}, [7], ["finance", None], True])
def test_a_claim_that_must_be_names_is_a_list_of_names(verifier: Verifier, claim: str, value: object) -> None:
    bearer = signed({"alg": "RS256", "kid": "rsa"}, claims(**{claim: value}))
    assert f"claim {claim} is missing or not a list of names" in refusal(verifier, bearer)


@pytest.mark.parametrize("claim", ["iat", "exp", "nbf"])
@pytest.mark.parametrize(
    "value",
    [None, "soon", "", [1], {}, True, float("nan"), float("inf"), float("-inf"), pytest.param(10**400, id="huge")],
)
def test_a_claim_that_must_be_a_moment_is_one(verifier: Verifier, claim: str, value: object) -> None:
    assert refusal(verifier, signed({"alg": "RS256", "kid": "rsa"}, claims(**{claim: value})))


@pytest.mark.parametrize("claim", ["iat", "exp", "sub", "aud", "iss"])
def test_no_claim_of_the_profile_may_be_left_out(verifier: Verifier, claim: str) -> None:
    assert claim in refusal(verifier, token(**{claim: ...}))


def test_the_moment_of_birth_of_a_token_may_stand_for_its_first_valid_one(verifier: Verifier) -> None:
    assert verifier.verify(token(nbf=...)).subject == "ana"


# -- time


def test_a_token_is_over_at_the_second_it_names(verifier: Verifier, clock: Clock) -> None:
    now = int(clock.now)
    bearer = token(iat=now, exp=now + 600)
    clock.now = now + 600
    assert "expired" in refusal(verifier, bearer)
    clock.now = now + 599.9
    assert verifier.verify(bearer).expires_at == now + 600


def test_a_token_that_was_over_before_we_met_it_is_refused(verifier: Verifier) -> None:
    now = int(time.time())
    assert "expired" in refusal(verifier, token(iat=now - 700, nbf=now - 700, exp=now - 1))


def test_a_token_may_live_fifteen_minutes_and_not_a_second_more(verifier: Verifier, clock: Clock) -> None:
    now = int(clock.now)
    assert verifier.verify(token(iat=now, exp=now + 900))
    assert "lives longer than 900 s" in refusal(verifier, token(iat=now, exp=now + 901))


def test_the_longest_life_is_a_setting(keys: Keys, clock: Clock) -> None:
    short = Verifier(keys, issuer=ISSUER, audience=AUDIENCE, max_lifetime=60, clock=clock)
    assert "lives longer than 60 s" in refusal(short, token())


@pytest.mark.parametrize("claim", ["iat", "nbf"])
def test_the_issuers_clock_may_be_a_little_ahead_and_no_more(verifier: Verifier, clock: Clock, claim: str) -> None:
    clock.now = float(int(clock.now))
    now = int(clock.now)
    assert verifier.verify(token(**{claim: now + SKEW}))
    assert "future" in refusal(verifier, token(**{claim: now + SKEW + 1}))


# -- memo


def test_a_believed_token_is_remembered_for_a_minute(verifier: Verifier, keys: Keys, clock: Clock) -> None:
    bearer = token()
    first = verifier.verify(bearer)
    keys.forget()
    clock.now += MEMO_SECONDS - 1
    assert verifier.verify(bearer) == first
    clock.now += 1
    assert "not in the issuer's key set" in refusal(verifier, bearer)


def test_the_memo_lasts_a_minute_at_most() -> None:
    assert MEMO_SECONDS <= 60


def test_a_token_is_never_remembered_past_its_end(verifier: Verifier, keys: Keys, clock: Clock) -> None:
    now = int(clock.now)
    bearer = token(exp=now + 20)
    verifier.verify(bearer)
    keys.forget()
    clock.now = now + 19
    assert verifier.verify(bearer)
    clock.now = now + 20
    assert refusal(verifier, bearer)


def test_a_changed_key_set_ends_every_memory(verifier: Verifier, keys: Keys) -> None:
    bearer = token()
    verifier.verify(bearer)
    keys.set.replace(key_set(rsa=rsa_key("two")))
    assert "Signature" in refusal(verifier, bearer)


def test_the_same_key_set_again_ends_no_memory(verifier: Verifier, keys: Keys) -> None:
    bearer = token()
    verifier.verify(bearer)
    keys.set.replace(key_set(curve=elliptic_key(), rsa=rsa_key()))
    keys.forget()
    assert verifier.verify(bearer)


def test_two_tokens_are_never_taken_for_one_another(verifier: Verifier) -> None:
    bearers = {login: token(login) for login in PEOPLE}
    for _ in range(2):
        assert {login: verifier.verify(bearer).subject for login, bearer in bearers.items()} == {p: p for p in PEOPLE}


def test_the_memory_has_a_bound(verifier: Verifier, keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "MEMO_ENTRIES", 2)
    bearers: Iterator[str] = (token(jti=str(n)) for n in range(3))
    first, _, last = [(verifier.verify(bearer), bearer)[1] for bearer in bearers]
    keys.forget()
    assert verifier.verify(last)
    assert refusal(verifier, first)


def test_a_refused_token_is_not_remembered(verifier: Verifier, keys: Keys) -> None:
    bearer = jwt.encode(claims(), rsa_key("two"), algorithm="RS256", headers={"kid": "two"})
    refusal(verifier, bearer)
    keys.set.replace(key_set(rsa=rsa_key(), two=rsa_key("two")))
    assert verifier.verify(bearer)


def test_a_refusal_shows_nothing_of_the_token(verifier: Verifier) -> None:
    for bearer in (token("ana", "x"), token(aud="x"), token(exp=0), token()[:-8]):
        said = refusal(verifier, bearer)
        assert not any(segment in said for segment in bearer.split("."))
