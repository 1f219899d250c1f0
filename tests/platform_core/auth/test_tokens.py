"""A token is believed only if every check says so, and no longer than it lives."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from dataclasses import fields

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from platform_core.auth import tokens
from platform_core.auth.jwks import JwksFollower
from platform_core.auth.principal import Principal
from platform_core.auth.tokens import MEMO_SECONDS, SKEW, Unauthenticated, Verifier
from platform_core.testing.people import PEOPLE
from tests.platform_core.issuer import AUDIENCE, ISSUER, claims, elliptic_key, key_set, rsa_key, token


class Keys(JwksFollower):
    """The keys of the issuer as they were fetched once, and how often somebody asked for fresh ones."""

    def __init__(self) -> None:
        super().__init__("https://login.test/jwks")
        self.asked_for = 0
        self.set.replace(key_set(rsa=rsa_key(), curve=elliptic_key()))

    def want(self) -> None:
        self.asked_for += 1
        super().want()

    def forget(self) -> None:
        """Lose every key without anybody noticing: what is still believed was remembered."""
        self.set.keys = {}


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def keys() -> Keys:
    return Keys()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def verifier(keys: Keys, clock: Clock) -> Verifier:
    return Verifier(keys, issuer=ISSUER, audience=AUDIENCE, clock=clock)


def part(value: object) -> str:
    """One segment of a compact JWT."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(header: dict[str, object], payload: object | None = None) -> str:
    """A token whose header is exactly `header`, rightly signed by the issuer's RSA key."""
    algorithm = jwt.get_algorithm_by_name("RS256")
    body = f"{part(header)}.{part(claims() if payload is None else payload)}"
    return f"{body}.{part(algorithm.sign(body.encode(), rsa_key()))}"


def refusal(verifier: Verifier, bearer: str) -> str:
    """Why `bearer` is not believed."""
    with pytest.raises(Unauthenticated) as refused:
        verifier.verify(bearer)
    return str(refused.value)


@pytest.mark.parametrize("login", PEOPLE)
def test_a_token_speaks_for_its_person_with_every_fact_the_issuer_gave(verifier: Verifier, login: str) -> None:
    said, person = claims(login), PEOPLE[login]
    assert verifier.verify(token(login, iat=said["iat"], exp=said["exp"])) == Principal(
        subject=login,
        groups=frozenset(person.groups),
        business_groups=frozenset(person.business_groups),
        roles=frozenset(person.roles),
        employment=person.employment,
        client="seedbed-cli",
        surface="cli",
        token_id=f"token-of-{login}",
        expires_at=float(said["exp"]),
    )


def test_nothing_of_the_token_stays_in_the_principal(verifier: Verifier) -> None:
    bearer = token()
    principal = verifier.verify(bearer)
    held = repr([getattr(principal, field.name) for field in fields(principal)])
    assert not any(segment in held for segment in bearer.split("."))


def test_a_token_signed_by_the_issuers_elliptic_key_is_believed(verifier: Verifier) -> None:
    bearer = jwt.encode(claims("bo"), elliptic_key(), algorithm="ES256", headers={"kid": "curve"})
    assert verifier.verify(bearer).subject == "bo"


@pytest.mark.parametrize("client", ["seedbed-cli", "seedbed-registry", "seedbed-probe"])
def test_the_surface_is_the_clients_and_never_the_persons_word(verifier: Verifier, client: str) -> None:
    assert verifier.verify(token(azp=client, surface="cli")).surface == client.removeprefix("seedbed-")


# -- signatures


@pytest.mark.parametrize("segment", [0, 1, 2])
def test_a_token_changed_anywhere_is_refused(verifier: Verifier, segment: int) -> None:
    parts = token().split(".")
    middle = len(parts[segment]) // 2
    flipped = "A" if parts[segment][middle] != "A" else "B"
    parts[segment] = parts[segment][:middle] + flipped + parts[segment][middle + 1 :]
    assert refusal(verifier, ".".join(parts))


def test_claims_swapped_under_a_good_signature_are_refused(verifier: Verifier) -> None:
    header, _, signature = token("bo").split(".")
    assert "Signature" in refusal(verifier, f"{header}.{part(claims('ana'))}.{signature}")


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", ""])
def test_a_token_without_a_signature_is_refused(verifier: Verifier, alg: str) -> None:
    assert "algorithm" in refusal(verifier, f"{part({'alg': alg, 'kid': 'rsa'})}.{part(claims())}.")


def test_the_public_key_is_no_shared_secret(verifier: Verifier) -> None:
    """The oldest trick: HS256 under a known key id, with the public key's own text as the secret."""
    public = rsa_key().public_key()
    for encoding in (Encoding.PEM, Encoding.DER):
        secret = public.public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)
        body = f"{part({'alg': 'HS256', 'kid': 'rsa', 'typ': 'JWT'})}.{part(claims())}"
        forged = f"{body}.{part(hmac.digest(secret, body.encode(), hashlib.sha256))}"
        assert "algorithm" in refusal(verifier, forged)


@pytest.mark.parametrize(("alg", "kid"), [("RS256", "curve"), ("ES256", "rsa"), ("RS512", "rsa"), ("PS256", "rsa")])
def test_an_algorithm_that_is_not_the_keys_own_is_refused(verifier: Verifier, alg: str, kid: str) -> None:
    key = elliptic_key() if alg == "ES256" else rsa_key()
    assert "algorithm" in refusal(verifier, jwt.encode(claims(), key, algorithm=alg, headers={"kid": kid}))


def test_a_strangers_key_under_a_known_id_is_refused(verifier: Verifier) -> None:
    forged = jwt.encode(claims(), rsa_key("stranger"), algorithm="RS256", headers={"kid": "rsa"})
    assert "Signature" in refusal(verifier, forged)


def test_a_key_that_travels_inside_the_token_is_not_looked_at(verifier: Verifier) -> None:
    stranger = rsa_key("stranger")
    inside = key_set(mine=stranger)["keys"][0]
    headers = {"kid": "mine", "jwk": inside, "jku": "https://evil.test/jwks", "x5c": ["MIIB"]}
    assert "not in the issuer's key set" in refusal(
        verifier, jwt.encode(claims(), stranger, algorithm="RS256", headers=headers)
    )


def test_an_unknown_key_is_refused_now_and_fetched_for_the_next_call(verifier: Verifier, keys: Keys) -> None:
    assert "not in the issuer's key set" in refusal(verifier, token("ana", "tomorrow"))
    assert keys.asked_for == 1


def test_a_token_that_names_no_key_is_refused(verifier: Verifier) -> None:
    assert "not in the issuer's key set" in refusal(verifier, jwt.encode(claims(), rsa_key(), algorithm="RS256"))


def test_a_key_too_short_to_trust_signs_nothing(verifier: Verifier, keys: Keys) -> None:
    keys.set.replace(key_set(short=rsa_key("short", bits=1024)))
    weak = signed({"alg": "RS256", "kid": "short"})
    assert refusal(verifier, weak)


@pytest.mark.parametrize(
    "junk",
    [
        "",
        ".",
        "..",
        "a.b.c",
        "eyJ",
        "täglich",
        "x" * 100_000,
        f"{part([])}.{part({})}.{part('')}",
        part({"alg": "RS256"}),
    ],
)
def test_what_is_not_a_token_at_all_is_refused(verifier: Verifier, junk: str) -> None:
    assert refusal(verifier, junk)


@pytest.mark.parametrize(
    "header",
    [
        {"alg": ["RS256"], "kid": "rsa"},
        {"alg": {"RS256": 1}, "kid": "rsa"},
        {"alg": None, "kid": "rsa"},
        {"kid": "rsa"},
        {"alg": "RS256", "kid": ["rsa"]},
        {"alg": "RS256", "kid": 7},
        {"alg": "RS256", "kid": None},
        {"alg": "RS256", "kid": "rsa", "crit": ["exp"]},
        {"alg": "RS256", "kid": "rsa", "b64": False, "crit": ["b64"]},
    ],
)
def test_a_header_of_the_wrong_shape_is_refused_and_breaks_nothing(
    verifier: Verifier, header: dict[str, object]
) -> None:
    assert refusal(verifier, signed(header))


# -- claims


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


@pytest.mark.parametrize("client", ["seedbed", "seedbed-cli-dev", "SEEDBED-CLI", "presto"])
def test_a_client_that_is_not_ours_reaches_nothing(verifier: Verifier, client: str) -> None:
    assert "azp" in refusal(verifier, token(azp=client))


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
    for bearer in (token("ana", "x"), token(aud="x"), token(exp=0), token(azp="x"), token()[:-8]):
        said = refusal(verifier, bearer)
        assert not any(segment in said for segment in bearer.split("."))
