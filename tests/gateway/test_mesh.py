"""On the mesh a caller is who its certificate names: exactly one workload of ours; its token must be its own."""

import ssl
from datetime import timedelta

import pytest

from tests.gateway.authority import TRUST_DOMAIN, Authority
from tests.gateway.entry import Entry
from tests.gateway.programs import eventually
from tests.gateway.stage import Stage
from tests.gateway.wire import connect, message, read_until, refused

WEB_CHAT = f"spiffe://{TRUST_DOMAIN}/production/web-chat"
ENVIRONMENTS = ["production", "dev"]


def turned_away(stage: Stage, tls: ssl.SSLContext) -> bool:
    """The proxy hangs up before it reads a request."""
    before = stage.servers["seed"].requests
    with pytest.raises((ssl.SSLError, ConnectionError)):
        stage.shown(tls).call("find")
    return stage.servers["seed"].requests == before


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_surface_calls_for_a_person_and_the_server_hears_who_carried_the_call(stage: Stage, environment: str) -> None:
    reply = stage.web_chat(environment).call("find")
    assert reply.seen["x-forwarded-user"] == ["ana"]
    (certificate,) = reply.seen["x-forwarded-client-cert"]
    assert certificate.endswith(f";URI=spiffe://{TRUST_DOMAIN}/{environment}/web-chat")
    assert reply.seen["host"] == [f"127.0.0.1:{stage.ports[f'{environment}-edge']}"]


def test_nobody_enters_without_a_certificate(stage: Stage) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    assert turned_away(stage, tls)


def test_nobody_enters_in_the_clear(stage: Stage) -> None:
    with pytest.raises(ConnectionError):
        Entry(port=stage.ports["production-mesh"], issuer=stage.issuer).call("find")


def test_a_certificate_of_another_authority_proves_nothing(stage: Stage) -> None:
    assert turned_away(stage, Authority("stranger").caller(WEB_CHAT))


def test_a_certificate_of_another_trust_domain_proves_nothing(stage: Stage) -> None:
    assert turned_away(stage, Authority("far", "elsewhere.test").caller("spiffe://elsewhere.test/production/web-chat"))
    assert turned_away(stage, stage.authority.caller("spiffe://elsewhere.test/production/web-chat"))


def test_an_expired_certificate_proves_nothing(stage: Stage) -> None:
    assert turned_away(stage, stage.authority.caller(WEB_CHAT, life=timedelta(minutes=-1)))


def test_a_certificate_that_names_no_workload_proves_nothing(stage: Stage) -> None:
    assert turned_away(stage, stage.authority.caller("https://127.0.0.1/web-chat"))


def test_a_withdrawn_authority_is_believed_no_more_and_a_new_one_at_once(stage: Stage) -> None:
    old, new = Authority("old"), Authority("new")
    stage.workloads.believe(stage.authority, old)
    eventually(lambda: entered(stage, old), "both authorities are believed")
    stage.workloads.believe(stage.authority, new)
    eventually(lambda: entered(stage, new), "the new authority is believed")
    assert not entered(stage, old)
    assert stage.web_chat().call("find").status == 200


def entered(stage: Stage, authority: Authority) -> bool:
    try:
        return stage.shown(authority.caller(WEB_CHAT)).call("find").status == 200
    except (ssl.SSLError, ConnectionError):
        return False


def test_a_new_certificate_of_the_proxy_cuts_no_connection(stage: Stage) -> None:
    chat = stage.web_chat()
    with chat.stream("seed") as wire:
        before = shown_by_the_proxy(stage)
        stage.workloads.believe(stage.authority)
        eventually(lambda: shown_by_the_proxy(stage) != before, "the proxy shows a new certificate")
        stage.servers["seed"].let_go.set()
        assert b"last" in read_until(wire, b"last")
    stage.servers["seed"].let_go.clear()


def shown_by_the_proxy(stage: Stage) -> bytes:
    """The certificate that the proxy shows to whoever comes now."""
    chat = stage.web_chat()
    with connect(chat.port, chat.tls) as wire:
        assert isinstance(wire, ssl.SSLSocket)
        return wire.getpeercert(binary_form=True) or b""


def test_a_certificate_with_two_names_is_refused_whichever_comes_first(stage: Stage) -> None:
    before = stage.servers["seed"].requests
    for names in (("/production/web-chat", "/production/chat-bot"), ("/production/service/x", "/production/web-chat")):
        for who in ("ana", None):
            reply = stage.mesh(*names, client="seedbed-web-chat").call("find", who=who)
            assert refused(reply, 403, "client_not_allowed")
            assert reply.body["rule"] == "identity-production-mesh"
    assert stage.servers["seed"].requests == before


STRANGERS = {
    "a token of the bot by the chat": ("/production/web-chat", "seedbed-chat-bot"),
    "a token of the chat by the bot": ("/production/chat-bot", "seedbed-web-chat"),
    "a token of the command line by the chat": ("/production/web-chat", "seedbed-cli"),
    "a token of the chat by a service": ("/production/service/nightly", "seedbed-web-chat"),
    "a token of the chat by the chat of dev": ("/dev/web-chat", "seedbed-web-chat"),
    "a token of the chat by a workload below it": ("/production/web-chat/x", "seedbed-web-chat"),
    "a token of dev by the chat": ("/production/web-chat", "seedbed-web-chat-dev"),
    "a token of dev by the chat of dev": ("/dev/web-chat", "seedbed-web-chat-dev"),
    "a token of nobody we know": ("/production/web-chat", "stranger"),
}


@pytest.mark.parametrize("what", STRANGERS)
def test_a_token_counts_only_in_the_hands_of_its_own_workload(stage: Stage, what: str) -> None:
    path, client = STRANGERS[what]
    before = stage.servers["seed"].requests
    entry = stage.mesh(path, client=client)
    reply = entry.call("find")
    assert refused(reply, 403, "client_not_allowed")
    assert reply.body["rule"] == "client-production-mesh"
    assert entry.ask("GET", "/api/catalog", entry.bearer()).body["code"] == "client_not_allowed"
    assert stage.servers["seed"].requests == before


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("azp", [None, ["seedbed-web-chat"], "seedbed-web-chat "])
def test_a_token_without_a_clear_client_is_nobody_s(stage: Stage, environment: str, azp: object) -> None:
    chat = stage.web_chat(environment)
    assert refused(chat.call("find", token=stage.issuer.token(azp=azp)), 403, "client_not_allowed")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_bad_token_never_falls_back_to_the_certificate(stage: Stage, environment: str) -> None:
    chat = stage.web_chat(environment)
    for token in (chat.token(age=4200), chat.token(aud="elsewhere"), chat.token()[:-8] + "AAAAAAAA", "x"):
        assert refused(chat.call("find", token=token), 401, "unauthenticated")
    basic = ("authorization", "Basic cm9vdDpyb290")
    assert refused(chat.call("find", basic, who=None), 401, "unauthenticated")


def test_the_mesh_leads_to_the_registry_s_api_and_to_none_of_its_pages(stage: Stage) -> None:
    chat = stage.web_chat()
    assert chat.ask("GET", "/api/catalog", chat.bearer()).seen["x-forwarded-user"] == ["ana"]
    assert chat.ask("GET", "/api/catalog").status == 401
    for path in ("/", "/servers", "/approvals/x", "/v0.1/servers", "/.well-known/oauth-protected-resource", "/login"):
        assert chat.ask("GET", path).status == 401
        assert chat.ask("GET", path, chat.bearer()).status == 404


def test_a_service_may_ask_the_registry_in_its_own_name_before_a_call_and_nothing_else(stage: Stage) -> None:
    service = stage.mesh("/production/service/planner")
    seen = service.ask("GET", "/api/preflight?server=seed&person=bo", ("x-forwarded-user", "bo")).seen
    assert seen["x-forwarded-client-cert"][0].endswith(f"URI=spiffe://{TRUST_DOMAIN}/production/service/planner")
    assert not {"x-forwarded-user", "authorization"} & seen.keys()
    for path in ("/api/catalog", "/api/preflight/x", "/api/reviews", "/api/validate"):
        assert refused(service.ask("GET", path), 401, "unauthenticated")
    assert refused(stage.ask("GET", "/api/preflight?server=seed"), 401, "unauthenticated"), "not at the edge"
    bad = ("authorization", "Bearer x")
    assert refused(stage.web_chat().ask("GET", "/api/preflight?server=seed", bad), 401, "unauthenticated")


def test_headers_that_claim_a_workload_are_gone(stage: Stage) -> None:
    forged = ("x-forwarded-client-cert", f"By=x;Hash={'0' * 64};URI=spiffe://{TRUST_DOMAIN}/production/chat-bot")
    (seen,) = stage.web_chat().call("find", forged).seen["x-forwarded-client-cert"]
    assert "chat-bot" not in seen
    assert "x-forwarded-client-cert" not in stage.call("find", forged).seen


def test_a_client_may_speak_http_2_to_the_mesh(stage: Stage) -> None:
    tls = stage.authority.caller(WEB_CHAT)
    tls.set_alpn_protocols(["h2"])
    with connect(stage.ports["production-mesh"], tls) as wire:
        assert isinstance(wire, ssl.SSLSocket)
        assert (wire.version(), wire.selected_alpn_protocol()) == ("TLSv1.3", "h2")


def test_an_older_tls_is_not_spoken(stage: Stage) -> None:
    tls = stage.authority.caller(WEB_CHAT)
    tls.maximum_version = ssl.TLSVersion.TLSv1_2
    assert turned_away(stage, tls)


def test_a_person_without_a_token_is_told_where_to_log_in(stage: Stage) -> None:
    reply = stage.web_chat().say(message("tools/list"), who=None)
    assert refused(reply, 401, "unauthenticated")
    assert "/mcp/seed" in reply.headers["www-authenticate"]
