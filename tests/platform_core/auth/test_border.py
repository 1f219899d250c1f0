"""Who a request says it is from: the token's person, the certificate's workload, the bot's channel, nothing else."""

import math

import pytest

from platform_core.auth.border import Border, Refusal
from platform_core.auth.principal import Principal
from platform_core.auth.tokens import Verifier
from tests.platform_core.auth.verifying import Keys, a_verifier
from tests.platform_core.issuer import token

Header = tuple[str, str]

MESH = "spiffe://seedbed.internal"
CHAT, BOT, BILLING = f"{MESH}/production/web-chat", f"{MESH}/production/chat-bot", f"{MESH}/production/service/billing"


@pytest.fixture
def border(verifier: Verifier) -> Border:
    return Border("shop", verifier)


def caller(border: Border, *headers: Header) -> Principal:
    """Who a request with these headers is from."""
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    return border.caller(raw, dict(raw))


def refusal(border: Border, *headers: Header) -> tuple[int, str]:
    """Status and rule of the refusal that a request with these headers meets."""
    with pytest.raises(Refusal) as refused:
        caller(border, *headers)
    assert refused.value.detail
    return refused.value.status, refused.value.rule


def bearer(client: str = "seedbed-cli", login: str = "ana") -> list[Header]:
    """What the proxy sends on for a person of this client."""
    return [("authorization", f"Bearer {token(login, azp=client)}"), ("x-forwarded-user", login)]


def seen(uri: str) -> Header:
    """The certificate as the proxy writes it."""
    return "x-forwarded-client-cert", f"By={MESH}/gateway;Hash={'0' * 64};URI={uri}"


# -- who


def test_at_the_edge_a_person_has_no_workload_and_no_channel(border: Border) -> None:
    who = caller(border, *bearer())
    assert (who.subject, who.kind, who.surface, who.workload, who.channel) == ("ana", "person", "cli", None, None)


def test_on_the_mesh_a_persons_call_is_carried_by_the_clients_own_workload(border: Border) -> None:
    who = caller(border, *bearer("seedbed-web-chat"), seen(CHAT))
    assert (who.subject, who.kind, who.surface, who.workload) == ("ana", "person", "web-chat", CHAT)


def test_a_workload_without_a_token_is_a_service_and_nobodys_person(border: Border) -> None:
    who = caller(border, seen(BILLING))
    assert who == Principal.service(BILLING)
    assert (who.subject, who.kind, who.employment, who.client, who.surface) == ("", "service", "service", "", "service")
    assert not who.groups | who.business_groups | who.roles
    assert who.expires_at == math.inf


def test_without_a_token_and_without_a_certificate_there_is_nobody(border: Border) -> None:
    assert refusal(border) == (401, "shop/token")
    assert refusal(border, ("x-forwarded-user", "ana")) == (401, "shop/token")


# -- the certificate


@pytest.mark.parametrize(
    "certificate",
    [
        "",
        "Hash=00",
        "URI=",
        "URI=production/web-chat",
        f"URI={CHAT};URI={CHAT}",
        f"URI={CHAT};URI={BOT}",
        f"URI={CHAT},URI={BOT}",
        f"URI={CHAT},By=x;Hash=1;URI=https://evil.test",
        f"URI={CHAT};uri={BOT}",
        "URI=spiffe://evil.test/production/web-chat",
        "URI=spiffe://seedbed.internal.evil.test/production/web-chat",
        "URI=spiffe://seedbedXinternal/production/web-chat",
        "URI=SPIFFE://seedbed.internal/production/web-chat",
        "URI=https://seedbed.internal/production/web-chat",
        f"URI={MESH}",
        f"URI={MESH}/",
        f"URI={CHAT}/",
        f"URI={MESH}//production/web-chat",
        f"URI= {CHAT}",
        f"URI={CHAT}?x=1",
        f"URI={CHAT}%00",
        f"URI={CHAT}\xe4",
        f'URI="{CHAT}"',
        f'Subject="CN=x;URI={CHAT}"',
        f'Subject="CN=x;URI={CHAT};O=y"',
        f"DNS={CHAT}",
        f"By={CHAT}",
        f"XURI={CHAT}",
        CHAT,
    ],
)
def test_a_certificate_that_does_not_name_one_identity_of_this_mesh_is_nobodys(
    border: Border, certificate: str
) -> None:
    header = ("x-forwarded-client-cert", certificate)
    assert refusal(border, header) == (403, "shop/workload")
    assert refusal(border, *bearer("seedbed-web-chat"), header) == (403, "shop/workload")
    assert refusal(border, *bearer(), header) == (403, "shop/workload")


def test_the_identity_is_found_wherever_it_stands_among_the_parts(border: Border) -> None:
    for text in (f"URI={BILLING}", f"URI={BILLING};Hash=0", f"By=x;Hash=0;URI={BILLING};DNS=a;DNS=b"):
        assert caller(border, ("x-forwarded-client-cert", text)).workload == BILLING


def test_the_mesh_of_the_settings_is_the_one_that_counts(keys: Keys) -> None:
    border = Border("shop", a_verifier(keys, trust_domain="corp.example"))
    assert caller(border, ("x-forwarded-client-cert", "URI=spiffe://corp.example/production/service/x")).workload
    assert refusal(border, seen(BILLING)) == (403, "shop/workload")
    assert refusal(border, ("x-forwarded-client-cert", "URI=spiffe://corpXexample/a")) == (403, "shop/workload")


# -- token and certificate together


@pytest.mark.parametrize(
    ("client", "uri"),
    [
        ("seedbed-cli", CHAT),
        ("seedbed-cli", BILLING),
        ("seedbed-registry", f"{MESH}/registry"),
        ("seedbed-web-chat", BOT),
        ("seedbed-web-chat", BILLING),
        ("seedbed-web-chat", f"{MESH}/gateway"),
        ("seedbed-web-chat", f"{MESH}/dev/web-chat"),
        ("seedbed-chat-bot", CHAT),
        ("seedbed-web-chat-dev", f"{MESH}/dev/web-chat"),
        ("seedbed-cli-dev", CHAT),
        ("stranger", CHAT),
    ],
)
def test_a_token_is_believed_with_its_own_clients_identity_and_no_other(border: Border, client: str, uri: str) -> None:
    assert refusal(border, *bearer(client), seen(uri)) == (403, "shop/client")


@pytest.mark.parametrize("client", ["seedbed-web-chat", "seedbed-chat-bot", "seedbed-cli-dev", "stranger"])
def test_a_token_of_the_mesh_or_of_elsewhere_is_nothing_at_the_edge(border: Border, client: str) -> None:
    assert refusal(border, *bearer(client)) == (403, "shop/client")


def test_dev_believes_the_tokens_of_dev_alone(keys: Keys) -> None:
    dev = Border("shop", a_verifier(keys, environment="dev"))
    assert caller(dev, *bearer("seedbed-cli-dev")).surface == "cli"
    assert caller(dev, *bearer("seedbed-web-chat-dev"), seen(f"{MESH}/dev/web-chat")).surface == "web-chat"
    assert refusal(dev, *bearer("seedbed-cli")) == (403, "shop/client")
    assert refusal(dev, *bearer("seedbed-web-chat"), seen(CHAT)) == (403, "shop/client")


@pytest.mark.parametrize(
    "authorization",
    [
        *("", " ", "Bearer", "Bearer ", "Bearer x", "Bearer a.b.c", "Basic YW5hOng=", "Bearer t\xf6k\xebn"),
        *(f"Bearer {token(aud='other')}", f"Bearer {token(exp=1)}", f"Bearer {token('ana', 'stranger')}"),
        f"Bearer {token(iss='https://evil.test')}",
    ],
    ids=lambda text: text[:14],
)
@pytest.mark.parametrize("uri", [BILLING, CHAT])
def test_a_token_that_proves_nothing_never_leaves_the_certificate_to_speak_alone(
    border: Border, authorization: str, uri: str
) -> None:
    """A person whose token is bad is nobody; they do not become the service that carried them."""
    assert refusal(border, ("authorization", authorization), seen(uri)) == (401, "shop/token")


def test_a_token_in_another_scheme_never_leaves_the_certificate_to_speak_alone(border: Border) -> None:
    headers = [("authorization", f"Basic {token(azp='seedbed-web-chat')}"), ("x-forwarded-user", "ana"), seen(CHAT)]
    assert refusal(border, *headers) == (401, "shop/token")


@pytest.mark.parametrize("authorization", ["", " ", "Bearer", "Bearer ", "Basic YW5hOng=", token()])
def test_who_brings_no_token_is_told_to_log_in(border: Border, authorization: str) -> None:
    with pytest.raises(Refusal, match="no bearer token; log in first"):
        caller(border, ("authorization", authorization))


# -- what the proxy adds


@pytest.mark.parametrize("header", [("x-forwarded-user", "ana"), ("x-forwarded-user", ""), ("x-seedbed-channel", "C")])
def test_a_service_brings_no_person_and_no_channel(
    border: Border, header: Header, caplog: pytest.LogCaptureFixture
) -> None:
    assert refusal(border, seen(BILLING), header) == (403, "shop/identity")
    assert "somebody reached the socket past it" in caplog.text


@pytest.mark.parametrize("user", [None, "", "bo", "ANA", "ana ", "ana,bo", "\xe4na"])
def test_whom_the_proxy_saw_is_whom_the_token_names(border: Border, user: str | None) -> None:
    for client, extra in (("seedbed-cli", []), ("seedbed-web-chat", [seen(CHAT)])):
        named = [("x-forwarded-user", user)] if user is not None else []
        assert refusal(border, bearer(client)[0], *named, *extra) == (403, "shop/identity")


def test_a_login_of_other_letters_is_compared_as_it_is_written(border: Border) -> None:
    raw = [(b"authorization", f"Bearer {token(sub='jürgen')}".encode()), (b"x-forwarded-user", "jürgen".encode())]
    assert border.caller(raw, dict(raw)).subject == "jürgen"


# -- the channel


def test_the_bot_says_in_which_channel_a_person_speaks(border: Border) -> None:
    who = caller(border, *bearer("seedbed-chat-bot"), seen(BOT), ("x-seedbed-channel", "C0FINANCE"))
    assert (who.subject, who.surface, who.channel) == ("ana", "chat-bot", "C0FINANCE")
    assert caller(border, *bearer("seedbed-chat-bot"), seen(BOT)).channel is None


def test_nobody_else_says_so(border: Border) -> None:
    channel = ("x-seedbed-channel", "C0FINANCE")
    assert refusal(border, *bearer(), channel) == (403, "shop/client")
    assert refusal(border, *bearer("seedbed-web-chat"), seen(CHAT), channel) == (403, "shop/client")
    assert refusal(border, *bearer("seedbed-chat-bot"), channel) == (403, "shop/client")
    assert refusal(border, *bearer("seedbed-chat-bot"), seen(CHAT), channel) == (403, "shop/client")
    assert refusal(border, channel) == (401, "shop/token")


@pytest.mark.parametrize(
    "name", ["", " ", "C 1", "C\t1", "C\n1", "C\x00", "C\x7f", "Z\xfcrich", "#\xe2\x82\xac", "C" * 129]
)
def test_a_channel_with_odd_bytes_is_refused(border: Border, name: str) -> None:
    headers = [*bearer("seedbed-chat-bot"), seen(BOT), ("x-seedbed-channel", name)]
    assert refusal(border, *headers) == (403, "shop/channel")


@pytest.mark.parametrize("name", ["C", "C0FINANCE", "#ask-shop", "team/a:b", "C" * 128])
def test_a_channel_is_taken_as_it_is_written(border: Border, name: str) -> None:
    headers = [*bearer("seedbed-chat-bot"), seen(BOT), ("x-seedbed-channel", name)]
    assert caller(border, *headers).channel == name


# -- twice


@pytest.mark.parametrize(
    ("name", "again"),
    [
        ("authorization", "Bearer x"),
        ("x-forwarded-user", "bo"),
        ("x-forwarded-surface", "cli"),
        ("x-forwarded-client-cert", f"URI={BOT}"),
        ("x-seedbed-channel", "C2"),
        ("mcp-protocol-version", "2026-07-28"),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_what_must_be_said_once_is_not_said_twice(border: Border, name: str, again: str, first: bool) -> None:
    once = [*bearer("seedbed-chat-bot"), seen(BOT), ("x-seedbed-channel", "C1")]
    once += [("x-forwarded-surface", "chat-bot"), ("mcp-protocol-version", "2026-07-28")]
    assert caller(border, *once).channel == "C1"
    twice = [(name, again), *once] if first else [*once, (name, again)]
    assert refusal(border, *twice) == (401, "shop/headers")
    same = [header for header in once if header[0] == name]
    assert refusal(border, *once, *same) == (401, "shop/headers")


def test_other_headers_may_come_as_often_as_they_like(border: Border) -> None:
    assert (
        caller(border, *bearer(), ("accept", "a"), ("accept", "b"), ("cookie", "c"), ("cookie", "d")).subject == "ana"
    )


def test_a_header_of_the_proxys_own_that_a_client_made_up_adds_nothing(border: Border) -> None:
    bo = bearer(login="bo")
    forged = [("x-forwarded-surface", "registry"), ("x-forwarded-groups", "finance"), ("x-seedbed-workload", CHAT)]
    assert caller(border, *bo, *forged) == caller(border, *bo)


def test_a_refusal_says_nothing_of_the_token(border: Border) -> None:
    for headers in (bearer("stranger"), [*bearer(), seen(CHAT)], [("authorization", f"Bearer {token(exp=1)}")]):
        with pytest.raises(Refusal) as refused:
            caller(border, *headers)
        secret = headers[0][1].removeprefix("Bearer ")
        assert not any(segment in refused.value.detail for segment in secret.split("."))
