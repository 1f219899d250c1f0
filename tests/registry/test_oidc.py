"""The registry believes the identity provider's answer only to the very sign-in that it began."""

import time
from collections.abc import Generator
from typing import Any

import pytest
from pydantic import SecretStr

from platform_core.errors import Denied, Unavailable
from platform_core.outgoing import Outgoing, OutgoingSettings
from registry.oidc import CLIENT, Answer, Attempt, Provider
from tests.registry.stage import Issuer, Registry


@pytest.fixture
def issuing(issuer: Issuer) -> Generator[Issuer]:
    yield issuer
    issuer.gives = None


async def exchange(registry: Registry, attempt: Attempt, *, kid: str = "k1", **changed: Any) -> Answer:
    """Trade a code with an issuer that answers with an id_token of our making."""
    issuer, now = registry.issuer, int(time.time())
    claims = {"iss": issuer.url, "aud": CLIENT, "sub": "ana", "nonce": attempt.nonce, "iat": now, "exp": now + 60}
    id_token = issuer.sign({name: value for name, value in (claims | changed).items() if value is not None}, kid=kid)
    issuer.gives = {"access_token": issuer.token("ana"), "id_token": id_token, "expires_in": 900}
    return await registry.parts.provider.exchange("code", attempt, redirect="http://x/", secret=SecretStr("pages"))


async def test_the_answer_to_this_sign_in_is_believed(registry: Registry, issuing: Issuer) -> None:
    assert (await exchange(registry, Attempt.new("/"))).expires_in == 900


@pytest.mark.parametrize(
    "changed",
    [
        {"nonce": "of-another-sign-in"},
        {"nonce": None},
        {"aud": "seedbed-cli"},
        {"iss": "http://evil.example"},
        {"exp": 1},
        {"kid": "unknown"},
    ],
    ids=str,
)
async def test_any_other_answer_is_not(registry: Registry, issuing: Issuer, changed: dict[str, Any]) -> None:
    with pytest.raises(Denied):
        await exchange(registry, Attempt.new("/"), **changed)


async def test_an_answer_without_an_id_token_is_not(registry: Registry, issuing: Issuer) -> None:
    issuing.gives = {"access_token": issuing.token("ana"), "expires_in": 900}
    with pytest.raises(Denied, match="not to be believed"):
        await registry.parts.provider.exchange("c", Attempt.new("/"), redirect="http://x/", secret=SecretStr("pages"))


async def test_an_answer_that_holds_no_token_is_a_fault_of_the_provider(registry: Registry, issuing: Issuer) -> None:
    issuing.gives = {"hello": "there"}
    with pytest.raises(Unavailable, match="gave no token"):
        await registry.parts.provider.program_token("seedbed-probe", SecretStr("probe"))


async def test_a_provider_that_is_not_there_is_said_on_the_page(registry: Registry) -> None:
    registry.parts.provider.issuer = "http://127.0.0.1:9"
    page = await registry.public.get("/login")
    assert page.status_code == 503
    assert "The identity provider can&#39;t be reached" in page.text


async def test_a_provider_under_another_name_is_not_asked(registry: Registry) -> None:
    issuer = f"{registry.issuer.url}/"
    other = Provider(Outgoing(OutgoingSettings(), known=(issuer,)), registry.parts.keys, issuer=issuer)
    with pytest.raises(Unavailable, match="calls itself"):
        await other.authorize_url(Attempt.new("/"), redirect="http://x/")


async def test_a_place_for_tokens_that_nobody_set_up_is_not_asked(registry: Registry) -> None:
    nobody = Outgoing(OutgoingSettings(), known=("https://issuer.example",))
    with pytest.raises(Unavailable, match="no public address"):
        await Provider(nobody, registry.parts.keys, issuer=registry.issuer.url).program_token("x", SecretStr("y"))
