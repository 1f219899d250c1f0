"""How a call signs in at Airflow: as the person, by a token that Airflow or its identity provider believes."""

from collections.abc import Generator
from typing import Any, cast
from urllib.parse import parse_qs

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import SecretStr

from platform_core import Denied, Unavailable
from servers.airflow.exchange import GRANT, JWT, Exchanged
from servers.airflow.logins import Missing, login_of
from servers.airflow.persons import Person
from servers.airflow.settings import AirflowSettings
from tests.servers.airflow.serving import Quiet, Small, serving

KEY = generate_private_key(SECP256R1())
ANOTHER = generate_private_key(SECP256R1())
STRANGER = "zed"


class Provider(Small):
    """An identity provider that believes whom it knows by key, and has no access to Airflow for a stranger."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.asked: list[dict[str, str]] = []
        self.down = False

    @property
    def url(self) -> str:
        return f"{super().url}/token"

    def answer(self, asked: dict[str, str]) -> tuple[int, str]:
        self.asked.append(asked)
        if self.down:
            return 503, "{}"
        try:
            client = self.said(asked["client_assertion"])
            subject = self.said(asked["subject_token"])
        except jwt.InvalidTokenError:
            return 400, '{"error": "invalid_client"}'
        if subject["sub"] == STRANGER or client["sub"] != asked["client_id"]:
            return 400, '{"error": "invalid_target"}'
        return 200, f'{{"access_token": "of-{subject["sub"]}", "token_type": "Bearer", "expires_in": 120}}'

    def said(self, token: str) -> dict[str, Any]:
        return jwt.decode(token, KEY.public_key(), algorithms=["ES256"], audience=self.url, issuer="seedbed-airflow")


class _Handler(Quiet):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        fields = {name: values[0] for name, values in parse_qs(body).items()}
        status, said = cast("Provider", self.server).answer(fields)
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(said.encode())


@pytest.fixture
def provider() -> Generator[Provider]:
    with serving(Provider()) as provider:
        yield provider


def exchanging(provider: Provider, key: EllipticCurvePrivateKey = KEY) -> AirflowSettings:
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return AirflowSettings(exchange_url=provider.url, exchange_key=SecretStr(pem))


def person(login: str, settings: AirflowSettings) -> Person:
    return Person(login=login, groups=frozenset(), settings=settings)


async def test_the_provider_gives_a_token_of_the_person_s_once_for_its_life(provider: Provider) -> None:
    settings, now = exchanging(provider), [1_800_000_000.0]
    login = Exchanged(settings, clock=lambda: now[0])
    provider.said = lambda token: jwt.decode(  # the test's clock is not the provider's
        token, KEY.public_key(), algorithms=["ES256"], audience=provider.url, options={"verify_exp": False,
        "verify_iat": False},
    )  # fmt: skip
    headers = [await login.header(person(who, settings)) for who in ("ana", "ana", "bo")]
    assert headers == ["Bearer of-ana", "Bearer of-ana", "Bearer of-bo"]
    assert len(provider.asked) == 2
    now[0] += 106
    await login.header(person("ana", settings))
    assert len(provider.asked) == 3, "a token that is about to end is not used"
    await login.close()


async def test_it_is_told_who_calls_and_never_shown_the_person_s_own_token(provider: Provider) -> None:
    settings = exchanging(provider)
    login = login_of(settings)
    await login.header(person("ana", settings))
    await login.close()
    [asked] = provider.asked
    assert (asked["grant_type"], asked["subject_token_type"], asked["audience"]) == (GRANT, JWT, "airflow")
    claims = provider.said(asked["subject_token"])
    assert (claims["sub"], claims["exp"] - claims["iat"]) == ("ana", 60)


async def test_whoever_the_provider_gives_no_token_never_reaches_airflow(provider: Provider) -> None:
    settings = exchanging(provider)
    login = Exchanged(settings)
    with pytest.raises(Denied, match="ask for access to Airflow"):
        await login.header(person(STRANGER, settings))
    await login.close()


@pytest.mark.parametrize("trouble", ["down", "key", "gone"])
async def test_a_provider_that_does_not_answer_lets_nobody_in(provider: Provider, trouble: str) -> None:
    provider.down = trouble == "down"
    settings = exchanging(provider, ANOTHER if trouble == "key" else KEY)
    if trouble == "gone":
        provider.shutdown()
        provider.server_close()
    login = Exchanged(settings)
    words = "tell the owner of this server" if trouble != "gone" else "can't be reached"
    with pytest.raises(Unavailable, match=words):
        await login.header(person("ana", settings))
    await login.close()


async def test_without_a_login_the_operator_is_named(provider: Provider) -> None:
    login = login_of(AirflowSettings())
    assert isinstance(login, Missing)
    with pytest.raises(Unavailable, match="SEEDBED_AIRFLOW_SECRET_FILE"):
        await login.header(person("ana", AirflowSettings()))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"secret": "s", "token": "t"}, "there is one way to sign in"),
        ({"user": "seedbed"}, "belong together"),
        ({"exchange_url": "https://id.example/token"}, "belong together"),
    ],
)
def test_two_logins_or_half_of_one_are_refused_at_the_start(settings: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        AirflowSettings.model_validate(settings)


def test_lists_of_dags_are_shared_by_those_whom_airflow_can_not_tell_apart(provider: Provider) -> None:
    own, roles = exchanging(provider), AirflowSettings(secret=SecretStr("s" * 64), roles={"ops": "op"})
    assert person("ana", own).view != person("bo", own).view
    assert person("ana", roles).view == person("bo", roles).view
    op = Person(login="ana", groups=frozenset({"ops"}), settings=roles)
    assert op.view != person("ana", roles).view
