"""Code and PKCE: what a browser carries, and what is refused on the way."""

import pytest

from tests.deploy.local.identity import wire
from tests.deploy.local.identity.program import CLI_REDIRECT, Program, arrived
from tests.deploy.local.identity.running import RunningIdentity
from tests.deploy.local.identity.wire import a_browser


@pytest.fixture
def program(identity: RunningIdentity) -> Program:
    return Program(issuer=identity.issuer)


def registry(identity: RunningIdentity) -> Program:
    secret = (identity.state / "clients" / "seedbed-registry.secret").read_text()
    redirect = f"{identity.platform_url}/login/callback"
    return Program(issuer=identity.issuer, client_id="seedbed-registry", secret=secret, redirect_uri=redirect)


def test_a_second_program_logs_in_without_any_page(identity: RunningIdentity, program: Program) -> None:
    with a_browser() as browser:
        program.log_in(browser, "ana")
        pages = registry(identity)
        answer = arrived(browser.get(pages.authorize_url()))
    tokens = pages.redeem(answer["code"]).raise_for_status().json()
    assert pages.read(tokens["access_token"]).claims["sub"] == "ana"
    assert pages.read(tokens["access_token"]).claims["azp"] == "seedbed-registry"


def test_the_answer_names_its_issuer_and_keeps_the_state(program: Program) -> None:
    with a_browser() as browser:
        answer = program.log_in(browser, "ana")
    assert answer["iss"] == program.issuer
    assert answer["state"] == "s1"


def test_prompt_login_asks_again_and_prompt_none_never_does(program: Program) -> None:
    with a_browser() as browser:
        assert arrived(browser.get(program.authorize_url(prompt="none")))["error"] == "login_required"
        program.log_in(browser, "ana")
        assert "code" in arrived(browser.get(program.authorize_url(prompt="none")))
        assert browser.get(program.authorize_url(prompt="login")).status_code == 200
        assert program.log_in(browser, "bo", prompt="login")["code"]


def test_an_old_sign_in_is_asked_again_when_the_program_wants_a_fresh_one(program: Program) -> None:
    with a_browser() as browser:
        program.log_in(browser, "ana")
        assert browser.get(program.authorize_url(max_age="3600")).status_code == 302
        assert browser.get(program.authorize_url(max_age="-1")).status_code == 200


def test_who_cancels_is_signed_in_nowhere(program: Program) -> None:
    with a_browser() as browser:
        answer = browser.post(program.authorize_url(), data={"person": "ana", "answer": "no"})
        assert arrived(answer)["error"] == "access_denied"
        assert browser.get(program.authorize_url()).status_code == 200


def test_a_person_who_is_not_listed_is_not_signed_in(program: Program) -> None:
    with a_browser() as browser:
        page = browser.post(program.authorize_url(), data={"person": "root", "answer": "yes"})
        assert page.status_code == 400
        assert "Pick one of these people." in page.text
        assert not browser.cookies


@pytest.mark.parametrize(
    "changed",
    [
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge_method": None},
        {"code_challenge_method": "plain"},
        {"code_challenge": "short"},
    ],
)
def test_no_code_without_a_sha256_challenge(program: Program, changed: dict[str, str | None]) -> None:
    with a_browser() as browser:
        assert program.log_in(browser, "ana", **changed)["error"] == "invalid_request"


def test_a_confidential_program_must_prove_its_challenge_too(identity: RunningIdentity) -> None:
    pages = registry(identity)
    with a_browser() as browser:
        code = pages.log_in(browser, "ana")["code"]
    assert pages.redeem(code, code_verifier="").json()["error"] == "invalid_request"


def test_a_code_is_worth_nothing_without_the_verifier_and_nothing_twice(program: Program) -> None:
    with a_browser() as browser:
        code = program.log_in(browser, "ana")["code"]
    assert program.redeem(code, code_verifier="x" * 43).json()["error"] == "invalid_grant"
    program.redeem(code).raise_for_status()
    assert program.redeem(code).json()["error"] == "invalid_grant"


def test_a_code_of_another_program_is_worth_nothing(identity: RunningIdentity, program: Program) -> None:
    pages = registry(identity)
    with a_browser() as browser:
        code = program.log_in(browser, "ana")["code"]
    stolen = pages.redeem(code, redirect_uri=CLI_REDIRECT, code_verifier=program.verifier)
    assert stolen.json()["error"] == "invalid_grant"


@pytest.mark.parametrize("uri", ["http://127.0.0.1:1/callback", "http://[::1]:65535/callback"])
def test_the_cli_may_listen_on_any_loopback_port(program: Program, uri: str) -> None:
    with a_browser() as browser:
        assert program.log_in(browser, "ana", redirect_uri=uri)["code"]


@pytest.mark.parametrize(
    "uri",
    [
        None,
        "http://127.0.0.1/callback",
        "https://127.0.0.1:4711/callback",
        "http://127.0.0.1:4711/callback/",
        "http://127.0.0.1:4711/callback?next=/",
        "http://127.0.0.1:4711/callback#x",
        "http://127.0.0.1:99999/callback",
        "http://127.0.0.1.evil.example:4711/callback",
        "http://127.0.0.1:4711@evil.example/callback",
        "http://ana@127.0.0.1:4711/callback",
        "http://localhost:4711/callback",
        "http://127.0.0.2:4711/callback",
        "http://127.0.0.1:04711/callback",
        "http://127.0.0.1:4711/other",
        "HTTP://127.0.0.1:4711/callback",
        "javascript:alert(1)",
    ],
)
def test_any_other_redirect_ends_at_the_provider(program: Program, uri: str | None) -> None:
    page = wire.get(program.authorize_url(redirect_uri=uri))
    assert page.status_code == 400
    assert "This sign-in ends here" in page.text


def test_the_registry_has_one_redirect_and_no_other_port(identity: RunningIdentity) -> None:
    page = wire.get(registry(identity).authorize_url(redirect_uri="http://127.0.0.1:8081/login/callback"))
    assert page.status_code == 400


@pytest.mark.parametrize("changed", [{"client_id": "stranger"}, {"client_id": None}, {"client_id": "seedbed-probe"}])
def test_a_program_that_may_not_ask_is_told_so_here(program: Program, changed: dict[str, str | None]) -> None:
    assert wire.get(program.authorize_url(**changed)).status_code in (400, 401)


def test_a_program_that_asks_for_a_token_outright_is_refused(program: Program) -> None:
    answer = arrived(wire.get(program.authorize_url(response_type="token")))
    assert answer["error"] == "unsupported_response_type"
    assert answer["iss"] == program.issuer
