"""A token that proves nothing ends at the proxy: 401, and the server never hears of it."""

import base64
import hmac
import json
from collections.abc import Callable

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.gateway.entry import Entry
from tests.gateway.issuing import Issuer
from tests.gateway.stage import Stage
from tests.gateway.wire import Json, message, mirrored

KNOWN = {"kid": "dev-one", "typ": "at+jwt"}


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def by_hand(header: Json, claims: Json, sign: Callable[[bytes], bytes]) -> str:
    signed = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(claims).encode())}"
    return f"{signed}.{b64(sign(signed.encode()))}"


def tampered(issuer: Issuer) -> str:
    header, _, signature = issuer.token("carl").split(".")
    return f"{header}.{b64(json.dumps(issuer.claims('ana')).encode())}.{signature}"


def unsigned(issuer: Issuer) -> str:
    return by_hand(KNOWN | {"alg": "none"}, issuer.claims(), lambda _: b"")


def public_key_as_secret(issuer: Issuer) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    secret = issuer.keys["dev-one"].public_key().public_bytes(serialization.Encoding.PEM, form)
    return by_hand(KNOWN | {"alg": "HS256"}, issuer.claims(), lambda text: hmac.digest(secret, text, "sha256"))


def of_another_issuer_with_our_key_id(issuer: Issuer) -> str:
    return jwt.encode(issuer.claims(), rsa.generate_private_key(65537, 2048), "RS256", headers=KNOWN)


WORTHLESS: dict[str, Callable[[Issuer], str]] = {
    "tampered": tampered,
    "unsigned": unsigned,
    "the public key as a secret": public_key_as_secret,
    "another key under a known id": of_another_issuer_with_our_key_id,
    "unknown key id": lambda issuer: jwt.encode(issuer.claims(), issuer.keys["dev-one"], "RS256", headers={"kid": "x"}),
    "expired an hour ago": lambda issuer: issuer.token(age=4200),
    "expired a second ago": lambda issuer: issuer.token(lifetime=9, age=10),
    "lives too long": lambda issuer: issuer.token(lifetime=3600),
    "lives too long and is near its end": lambda issuer: issuer.token(lifetime=3600, age=3000),
    "lives a second too long": lambda issuer: issuer.token(lifetime=901, age=300),
    "for another audience": lambda issuer: issuer.token(aud="elsewhere"),
    "from another issuer": lambda issuer: issuer.token(iss="https://elsewhere.test"),
    "without end": lambda issuer: issuer.token(exp=None),
    "without beginning": lambda issuer: issuer.token(iat=None),
    "from the future": lambda issuer: issuer.token(nbf=4_000_000_000),
    "groups left out": lambda issuer: issuer.token(groups=None),
    "groups as text": lambda issuer: issuer.token(groups="data-engineering"),
    "roles as an object": lambda issuer: issuer.token(roles={"analyst": True}),
    "business groups as text": lambda issuer: issuer.token(business_groups="finance"),
    "not a token": lambda issuer: "root",
}


@pytest.mark.parametrize("what", WORTHLESS)
def test_a_worthless_token_never_reaches_the_server(stage: Stage, entry: Entry, what: str) -> None:
    before = stage.servers["seed"].requests
    reply = entry.call("find", token=WORTHLESS[what](stage.issuer.of(entry.client)))
    assert (reply.status, reply.body["code"]) == (401, "unauthenticated")
    assert 'resource_metadata="' in reply.headers["www-authenticate"]
    assert stage.servers["seed"].requests == before


@pytest.mark.parametrize("also", ["Bearer {}", "Basic cm9vdDpyb290", "Bearer x"])
@pytest.mark.parametrize("first", [True, False])
def test_two_authorization_headers_are_one_too_many(entry: Entry, also: str, first: bool) -> None:
    sent, good = message("tools/call", "find"), entry.bearer()
    other = ("authorization", also.format(entry.token("olu")))
    pair = (other, good) if first else (good, other)
    reply = entry.ask("POST", "/mcp/seed", *mirrored(sent), *pair, body=json.dumps(sent).encode())
    assert reply.status == 401


def test_a_token_in_the_query_is_no_token(entry: Entry) -> None:
    sent, token = message("tools/call", "find"), entry.token()
    target = f"/mcp/seed?access_token={token}&token={token}"
    assert entry.ask("POST", target, *mirrored(sent), body=json.dumps(sent).encode()).status == 401


@pytest.mark.parametrize("scheme", ["bearer ", "", "x Bearer "])
def test_a_token_comes_as_bearer_and_in_no_other_way(entry: Entry, scheme: str) -> None:
    sent = message("tools/call", "find")
    proof = ("authorization", scheme + entry.token())
    assert entry.ask("POST", "/mcp/seed", *mirrored(sent), proof, body=json.dumps(sent).encode()).status == 401


def test_a_good_token_reaches_the_server_with_what_was_verified(stage: Stage) -> None:
    token = stage.issuer.token(groups=["data-engineering", 'Ads, "EU"'], lifetime=900)
    reply = stage.call("find", token=token)
    assert reply.body["path"] == "/mcp"
    assert reply.seen["authorization"] == [f"Bearer {token}"]
    assert reply.seen["x-forwarded-user"] == ["ana"]
    assert json.loads(reply.seen["x-forwarded-groups"][0]) == ["data-engineering", 'Ads, "EU"']
    assert reply.seen["x-forwarded-surface"] == ["seedbed-cli"]
    assert reply.seen["host"] == [f"127.0.0.1:{stage.port}"]


def test_no_log_holds_a_token(stage: Stage) -> None:
    stage.call("find")
    stage.ask("GET", f"/servers?token={stage.issuer.token()}", ("referer", f"http://x/?t={stage.issuer.token()}"))
    every = [*(stage.folder / "state/gateway").glob("*.log"), stage.folder / "gateway.log"]
    assert not [file.name for file in every if "eyJ" in file.read_text()]
