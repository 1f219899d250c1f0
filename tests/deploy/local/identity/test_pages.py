"""What people see, and what other sites can't do with it."""

import re
from importlib import resources

import httpx2
import pytest

from deploy.local.identity import robot
from platform_core.testing.people import PEOPLE
from tests.deploy.local.identity import wire
from tests.deploy.local.identity.program import Program, arrived
from tests.deploy.local.identity.running import RunningIdentity
from tests.deploy.local.identity.wire import a_browser


@pytest.fixture
def program(identity: RunningIdentity) -> Program:
    return Program(issuer=identity.issuer)


def pages(program: Program) -> list[httpx2.Response]:
    code = program.ask_for_device()["user_code"]
    base = program.issuer
    paths = [
        f"{base}/device",
        f"{base}/device?user_code={code}",
        f"{base}/device?user_code=NONE-SUCH",
        f"{base}/logout",
    ]
    return [wire.get(url) for url in [program.authorize_url(), *paths, f"{base}/nowhere"]]


def test_every_page_says_that_it_is_for_this_machine_only(program: Program) -> None:
    for page in pages(program):
        assert "For this machine only." in page.text
        assert "<html lang=" in page.text


def test_every_page_is_strict_about_where_things_come_from(program: Program) -> None:
    for page in pages(program):
        policy = page.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none';")
        assert page.headers["cache-control"] == "no-store"
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=", page.text)
        assert set(re.findall(r'(?:src|href)="([^"]+)"', page.text)) <= {"/static/seedbed.css", "#main", "/device"}


def test_the_sheet_is_the_registrys_own(identity: RunningIdentity) -> None:
    sheet = wire.get(f"{identity.issuer}/static/seedbed.css")
    assert sheet.headers["content-type"].startswith("text/css")
    assert sheet.content == resources.files("registry").joinpath("pages/static/seedbed.css").read_bytes()


def test_the_login_page_may_hand_over_to_the_program_that_asked_and_to_nobody_else(program: Program) -> None:
    policy = wire.get(program.authorize_url()).headers["content-security-policy"]
    assert policy.endswith("form-action 'self' http://127.0.0.1:4711")


def test_the_login_page_names_the_program_and_the_people(program: Program) -> None:
    page = wire.get(program.authorize_url()).text
    assert "Sign in to the Seedbed CLI" in page
    for login in PEOPLE:
        assert f'value="{login}"' in page


def test_the_harmless_button_comes_first(program: Program) -> None:
    for page in pages(program)[:3:2]:
        answers = re.findall(r'<button[^>]*name="answer" value="(\w+)"', page.text)
        assert answers in ([], ["no", "yes"])


def test_the_session_cookie_is_out_of_reach_for_scripts_and_other_sites(program: Program) -> None:
    answer = wire.post(program.authorize_url(), data={"person": "ana", "answer": "yes"})
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "ana" not in cookie


def test_a_sign_in_never_keeps_the_cookie_that_the_browser_brought(program: Program) -> None:
    with a_browser() as browser:
        program.log_in(browser, "ana")
        planted = browser.cookies["seedbed_identity"]
        program.log_in(browser, "bo")
        assert browser.cookies["seedbed_identity"] != planted
    assert wire.get(program.authorize_url(), cookies={"seedbed_identity": planted}).status_code == 200


FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


@pytest.mark.parametrize("headers", FOREIGN)
def test_another_site_can_answer_for_nobody(program: Program, headers: dict[str, str]) -> None:
    asked = program.ask_for_device()
    answer = {"user_code": asked["user_code"], "person": "olu", "answer": "yes"}
    assert wire.post(f"{program.issuer}/device", data=answer, headers=headers).status_code == 403
    assert wire.post(program.authorize_url(), data=answer, headers=headers).status_code == 403
    assert program.poll(asked["device_code"]).json()["error"] == "authorization_pending"


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-origin"}, {}])
def test_its_own_page_can(program: Program, headers: dict[str, str]) -> None:
    asked = program.ask_for_device()
    answer = {"user_code": asked["user_code"], "person": "olu", "answer": "yes"}
    page = wire.post(f"{program.issuer}/device", data=answer, headers={"Origin": program.issuer, **headers})
    assert page.status_code == 200


def test_another_name_for_this_address_reaches_nothing(program: Program) -> None:
    for path in ("/device", "/jwks", "/.well-known/openid-configuration"):
        assert wire.get(f"{program.issuer}{path}", headers={"Host": "rebound.example"}).status_code == 421


def test_what_a_stranger_types_is_shown_as_text(program: Program) -> None:
    page = wire.get(f"{program.issuer}/device", params={"user_code": "<b>hi</b>"})
    assert page.status_code == 400
    assert "<b>" not in page.text
    page = wire.get(program.authorize_url(redirect_uri="http://evil/<script>alert(1)</script>"))
    assert "<script>" not in page.text


def test_a_browser_signs_out_after_a_question(program: Program) -> None:
    with a_browser() as browser:
        program.log_in(browser, "ana")
        assert "Sign out of this browser?" in browser.get(f"{program.issuer}/logout").text
        assert browser.get(program.authorize_url()).status_code == 302
        assert "You are signed out" in browser.post(f"{program.issuer}/logout").text
        assert browser.get(program.authorize_url()).status_code == 200


def test_the_registry_signs_its_browser_out_and_gets_it_back(identity: RunningIdentity) -> None:
    secret = (identity.state / "clients" / "seedbed-registry.secret").read_text()
    back = f"{identity.platform_url}/"
    registry = Program(
        issuer=identity.issuer, client_id="seedbed-registry", secret=secret, redirect_uri=f"{back}login/callback"
    )
    with a_browser() as browser:
        tokens = registry.redeem(registry.log_in(browser, "ana")["code"]).json()
        asked = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": back, "state": "s2"}
        answer = browser.get(f"{identity.issuer}/logout", params=asked)
        assert answer.headers["location"] == f"{back}?state=s2"
        assert arrived(answer) == {"state": "s2"}
        assert browser.get(registry.authorize_url()).status_code == 200


def test_a_logout_leads_nowhere_that_was_not_agreed(identity: RunningIdentity, program: Program) -> None:
    with a_browser() as browser:
        tokens = program.redeem(program.log_in(browser, "ana")["code"]).json()
        asked = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": "https://evil.example/"}
        assert browser.get(f"{identity.issuer}/logout", params=asked).status_code == 200
        forged = {"id_token_hint": tokens["id_token"][:-6] + "AAAAAA"}
        assert browser.get(f"{identity.issuer}/logout", params=forged).status_code == 400


def test_a_robot_logs_in_through_the_real_pages(program: Program) -> None:
    with a_browser() as browser:
        with pytest.raises(httpx2.ConnectError):  # the program's own redirect: nobody listens there
            robot.sign_in(browser, program.authorize_url(), "ana")
        assert browser.get(program.authorize_url()).status_code == 302
        with pytest.raises(robot.NotApproved, match="Pick one"):
            robot.sign_in(browser, program.authorize_url(prompt="login"), "mallory")
