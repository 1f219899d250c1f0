"""A token is believed only if every check says so, and no longer than it lives."""

import hashlib
import hmac
from dataclasses import fields

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from platform_core.auth.clients import OAuthClient
from platform_core.auth.principal import Principal
from platform_core.auth.settings import AuthSettings, ClaimNames
from platform_core.auth.tokens import Unauthenticated, Verifier
from platform_core.testing.people import PEOPLE
from tests.platform_core.auth.verifying import Clock, Keys, part, refusal, signed, turned_away
from tests.platform_core.issuer import AUDIENCE, ISSUER, claims, elliptic_key, key_set, rsa_key, token


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


def test_a_verifier_of_the_settings_obeys_each_of_them(keys: Keys, clock: Clock) -> None:
    auth = AuthSettings.model_construct(
        issuer="https://theirs.test", jwks_url="https://theirs.test/jwks", audience="theirs", max_lifetime=300,
        claims=ClaimNames(subject="login"), trust_domain="theirs.test",
        clients={"their-chat": OAuthClient(surface="chat", environment="dev", listener="mesh", workload="/dev/chat")},
    )  # fmt: skip
    theirs, now = Verifier.of(keys, auth, "dev", clock=clock), int(clock())
    facts = {"iss": auth.issuer, "aud": "theirs", "login": "ana-a", "azp": "their-chat", "iat": now, "exp": now + 300}
    believed = token("ana", "rsa", **facts)
    assert theirs.verify(believed, workload="spiffe://theirs.test/dev/chat").subject == "ana-a"
    assert "trust" not in turned_away(theirs, believed, workload="spiffe://seedbed.internal/dev/chat")
    for wrong in ({"iss": ISSUER}, {"aud": AUDIENCE}, {"exp": now + 301}, {"login": ...}):
        with pytest.raises(Unauthenticated):
            theirs.verify(token("ana", "rsa", **(facts | wrong)), workload="spiffe://theirs.test/dev/chat")
    clock.now += 301
    with pytest.raises(Unauthenticated):
        theirs.verify(believed, workload="spiffe://theirs.test/dev/chat")
