"""What a token says."""

import time
from dataclasses import replace
from typing import Any

import pytest

from platform_core.auth.clients import CLIENTS
from tests.deploy.local.identity import wire
from tests.deploy.local.identity.program import Program
from tests.deploy.local.identity.running import RunningIdentity
from tests.deploy.local.identity.wire import a_browser

PEOPLE: dict[str, tuple[str, list[str], list[str], list[str]]] = {
    "ana": ("employee", ["data-engineering", "finance-analytics"], ["finance"], ["analyst"]),
    "bo": ("employee", ["support"], ["support"], []),
    "carl": ("contractor", ["vendor-acme"], [], []),
    "ada": ("employee", ["ads-engineering"], ["ads"], ["engineer"]),
    "olu": ("employee", ["platform", "registry-operators"], ["data-platform"], ["operator"]),
    "sam": ("employee", ["security-review"], ["security"], ["reviewer"]),
    "lea": ("employee", ["legal-review"], ["legal"], ["reviewer"]),
    "gia": ("employee", ["genai-review"], ["genai"], ["reviewer"]),
    "tom": ("employee", ["audit"], ["audit"], ["auditor"]),
}

PEOPLES = [name for name, client in CLIENTS.items() if client.surface not in ("probe", "registry")]
"""The clients through which people work."""


def logged_in(program: Program, login: str) -> dict[str, Any]:
    with a_browser() as browser:
        return program.redeem(program.log_in(browser, login)["code"]).raise_for_status().json()


@pytest.mark.parametrize("login", PEOPLE)
def test_an_access_token_says_who_the_person_is_and_to_whom_they_belong(identity: RunningIdentity, login: str) -> None:
    program = Program(issuer=identity.issuer)
    token = program.read(logged_in(program, login)["access_token"])
    employment, groups, business_groups, roles = PEOPLE[login]
    claims = dict(token.claims)
    times = {name: claims.pop(name) for name in ("iat", "nbf", "exp")}
    assert claims.pop("jti")
    assert claims == {
        "iss": identity.issuer,
        "aud": "seedbed",
        "sub": login,
        "azp": "seedbed-cli",
        "client_id": "seedbed-cli",
        "scope": "openid offline_access mcp",
        "groups": groups,
        "business_groups": business_groups,
        "roles": roles,
        "employment": employment,
    }
    assert token.header == {"alg": "RS256", "typ": "at+jwt", "kid": token.header["kid"]}
    assert times["iat"] == times["nbf"] <= time.time() < times["exp"] <= times["iat"] + 900


def test_the_id_token_is_for_the_program_alone_and_carries_its_nonce(identity: RunningIdentity) -> None:
    program = Program(issuer=identity.issuer)
    token = program.read(logged_in(program, "ana")["id_token"])
    assert token.claims["aud"] == "seedbed-cli"
    assert token.claims["nonce"] == "n1"
    assert token.claims["name"] == "Ana Alvarez"
    assert token.header.get("typ") != "at+jwt"


@pytest.mark.parametrize("client_id", PEOPLES)
def test_a_token_belongs_to_the_client_that_a_person_signed_in_through(
    identity: RunningIdentity, client_id: str
) -> None:
    program = Program.of(client_id, issuer=identity.issuer, state=identity.state)
    claims = program.read(program.person_token("bo")).claims
    assert (claims["azp"], claims["sub"], claims["aud"]) == (client_id, "bo", "seedbed")


@pytest.mark.parametrize("client_id", [name for name in PEOPLES if "cli" not in name])
def test_a_surface_without_its_secret_gets_nothing(identity: RunningIdentity, client_id: str) -> None:
    program = Program.of(client_id, issuer=identity.issuer, state=identity.state)
    with a_browser() as browser:
        code = program.log_in(browser, "ana")["code"]
    answer = replace(program, secret="guessed").redeem(code)  # noqa: S106
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("client_id", [name for name in PEOPLES if "cli" not in name])
def test_a_surface_cannot_act_without_a_person(identity: RunningIdentity, client_id: str) -> None:
    program = Program.of(client_id, issuer=identity.issuer, state=identity.state)
    assert program.token(grant_type="client_credentials").status_code in (400, 401)


@pytest.mark.parametrize("client_id", ["seedbed-probe", "seedbed-probe-dev"])
def test_a_probe_gets_a_token_that_belongs_to_nobody(identity: RunningIdentity, client_id: str) -> None:
    program = Program.of(client_id, issuer=identity.issuer, state=identity.state)
    answer = program.token(grant_type="client_credentials").raise_for_status().json()
    claims = program.read(answer["access_token"]).claims
    assert claims["sub"] == claims["azp"] == claims["client_id"] == client_id
    assert claims["employment"] == "service"
    assert claims["groups"] == claims["business_groups"] == claims["roles"] == []
    assert "refresh_token" not in answer


def test_the_probe_without_its_secret_gets_nothing(identity: RunningIdentity) -> None:
    program = Program(issuer=identity.issuer, client_id="seedbed-probe", secret="guessed")  # noqa: S106
    answer = program.token(grant_type="client_credentials")
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_a_public_program_cannot_act_for_itself(identity: RunningIdentity) -> None:
    answer = Program(issuer=identity.issuer).token(grant_type="client_credentials")
    assert answer.status_code in (400, 401)


@pytest.mark.parametrize("path", ["openid-configuration", "oauth-authorization-server"])
def test_discovery_names_the_exact_issuer_and_live_addresses(identity: RunningIdentity, path: str) -> None:
    found = wire.get(f"{identity.issuer}/.well-known/{path}").raise_for_status().json()
    assert found["issuer"] == identity.issuer
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert wire.get(found["jwks_uri"]).json()["keys"]
    for name in ("authorization_endpoint", "token_endpoint", "device_authorization_endpoint", "revocation_endpoint"):
        assert wire.request("POST", found[name]).status_code in (400, 401)


@pytest.mark.parametrize(
    "resource", ["http://127.0.0.1:8080", "http://127.0.0.1:8080/mcp/presto", "http://127.0.0.1:8081/mcp/x", "seedbed"]
)
def test_every_address_of_the_platform_means_its_one_audience(identity: RunningIdentity, resource: str) -> None:
    program = Program(issuer=identity.issuer)
    with a_browser() as browser:
        code = program.log_in(browser, "ana", resource=resource)["code"]
    answer = program.redeem(code, resource=resource).raise_for_status().json()
    assert program.read(answer["access_token"]).claims["aud"] == "seedbed"


@pytest.mark.parametrize("resource", ["https://mcp.example.com/mcp/presto", "http://127.0.0.1:80801/mcp/presto"])
def test_no_token_is_made_for_somebody_elses_address(identity: RunningIdentity, resource: str) -> None:
    program = Program(issuer=identity.issuer)
    with a_browser() as browser:
        assert program.log_in(browser, "ana", resource=resource)["error"] == "invalid_target"
        code = program.log_in(browser, "ana")["code"]
    assert program.redeem(code, resource=resource).json()["error"] == "invalid_target"
