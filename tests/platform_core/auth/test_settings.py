"""What a part must be told about identity before it starts."""

import time

import pytest

from platform_core.auth.settings import AuthSettings, PlatformSettings, stack
from platform_core.auth.tokens import ForeignClient, Unauthenticated, Verifier
from platform_core.errors import WiringError
from tests.platform_core.auth.verifying import Keys
from tests.platform_core.issuer import token


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEEDBED_AUTH_ISSUER", "https://login.test")
    monkeypatch.setenv("SEEDBED_AUTH_JWKS_URL", "https://login.test/jwks")


def test_one_audience_and_a_quarter_of_an_hour_unless_told_otherwise() -> None:
    auth = AuthSettings.load()
    assert (auth.issuer, auth.audience, auth.max_lifetime, auth.jwks_seconds) == (
        "https://login.test",
        "seedbed",
        900,
        60,
    )


def test_without_an_issuer_nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEEDBED_AUTH_ISSUER")
    with pytest.raises(WiringError, match="SEEDBED_AUTH_ISSUER: Field required"):
        AuthSettings.load()


@pytest.mark.parametrize("seconds", ["0", "-1", "3601", "a day"])
def test_a_token_may_not_live_for_ever(monkeypatch: pytest.MonkeyPatch, seconds: str) -> None:
    monkeypatch.setenv("SEEDBED_AUTH_MAX_LIFETIME", seconds)
    with pytest.raises(WiringError, match="SEEDBED_AUTH_MAX_LIFETIME"):
        AuthSettings.load()


def test_the_platform_is_production_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BASE", "RUN", "STATE", "REGISTRY_SOCKET", "POLICY_KEYS_FILE"):
        monkeypatch.setenv(f"SEEDBED_PLATFORM_{name}", f"/{name.lower()}")
    assert PlatformSettings.load().environment == "production"
    monkeypatch.setenv("SEEDBED_PLATFORM_ENVIRONMENT", "staging")
    with pytest.raises(WiringError, match="SEEDBED_PLATFORM_ENVIRONMENT"):
        PlatformSettings.load()


@pytest.mark.parametrize(("told", "is_"), [(None, "hosted"), ("hosted", "hosted"), ("local", "local")])
def test_a_stack_is_hosted_unless_it_says_that_it_is_local(
    monkeypatch: pytest.MonkeyPatch, told: str | None, is_: str
) -> None:
    monkeypatch.delenv("SEEDBED_STACK", raising=False)
    if told:
        monkeypatch.setenv("SEEDBED_STACK", told)
    assert stack() == is_


def test_another_stack_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEEDBED_STACK", "locol")
    with pytest.raises(WiringError, match="SEEDBED_STACK is 'locol'"):
        stack()


def test_another_issuers_words_and_clients_are_settings(monkeypatch: pytest.MonkeyPatch, keys: Keys) -> None:
    """As Keycloak says it: the login is not in `sub`, groups and roles have names of their own."""
    monkeypatch.setenv("SEEDBED_AUTH_CLAIMS", '{"subject": "preferred_username", "client": "client"}')
    monkeypatch.setenv("SEEDBED_AUTH_CLIENTS", '{"chat": {"surface": "cli", "environment": "dev"}}')
    monkeypatch.setenv("SEEDBED_AUTH_MAX_LIFETIME", "600")
    verifier = Verifier.of(keys, AuthSettings.load(), "dev")
    told: dict[str, object] = {"preferred_username": "ana", "client": "chat", "azp": ...}
    for sub in ("8b1c-42", 7, ...):
        assert verifier.verify(token(sub=sub, **told)).subject == "ana"
    with pytest.raises(Unauthenticated, match="preferred_username is missing"):
        verifier.verify(token(**told | {"preferred_username": ...}))
    with pytest.raises(Unauthenticated, match="lives longer than 600 s"):
        verifier.verify(token(**told | {"exp": int(time.time()) + 700}))
    with pytest.raises(ForeignClient, match="belongs to dev, and this is production"):
        Verifier.of(keys, AuthSettings.load(), "production").verify(token(**told))


def test_a_client_that_belongs_nowhere_ends_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEEDBED_AUTH_CLIENTS", '{"chat": {"surface": "cli", "listener": "mesh"}}')
    with pytest.raises(WiringError, match="SEEDBED_AUTH_CLIENTS"):
        AuthSettings.load()
