"""The device flow: a terminal waits, a person answers in a browser."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from deploy.local.identity import robot
from deploy.local.identity.words import user_code
from tests.deploy.local.identity import wire
from tests.deploy.local.identity.program import Program
from tests.deploy.local.identity.running import RunningIdentity, running_identity
from tests.deploy.local.identity.wire import a_browser


@pytest.fixture
def program(identity: RunningIdentity) -> Program:
    return Program(issuer=identity.issuer)


def test_a_terminal_is_signed_in_as_the_person_who_answered(program: Program) -> None:
    asked = program.ask_for_device()
    assert asked["interval"] == 1
    assert asked["verification_uri_complete"] == f"{program.issuer}/device?user_code={asked['user_code']}"
    assert program.poll(asked["device_code"]).json()["error"] == "authorization_pending"
    robot.approve(program.issuer, asked["user_code"], "bo")
    tokens = program.poll(asked["device_code"]).raise_for_status().json()
    assert program.read(tokens["access_token"]).claims["sub"] == "bo"
    assert program.read(tokens["id_token"]).claims["aud"] == "seedbed-cli"


@pytest.mark.parametrize(("client_id", "environment"), [("seedbed-cli", "production"), ("seedbed-cli-dev", "dev")])
def test_the_page_says_for_which_environment_a_terminal_is_signed_in(
    identity: RunningIdentity, client_id: str, environment: str
) -> None:
    asked = Program(issuer=identity.issuer, client_id=client_id).ask_for_device()
    page = wire.get(asked["verification_uri_complete"])
    assert f"list and call tools in {environment} as the person you pick" in page.text


def test_a_device_code_serves_once_even_when_two_ask_at_the_same_moment(program: Program) -> None:
    asked = program.ask_for_device()
    robot.approve(program.issuer, asked["user_code"], "bo")
    with ThreadPoolExecutor(4) as terminals:
        answers = list(terminals.map(program.poll, [asked["device_code"]] * 4))
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]


def test_a_hasty_terminal_is_told_to_slow_down(program: Program) -> None:
    asked = program.ask_for_device()
    assert program.poll(asked["device_code"]).json()["error"] == "authorization_pending"
    assert program.poll(asked["device_code"]).json()["error"] == "slow_down"
    robot.approve(program.issuer, asked["user_code"], "bo")
    assert program.poll(asked["device_code"]).status_code == 200


def test_a_terminal_is_told_no_when_the_person_cancels(program: Program) -> None:
    asked = program.ask_for_device()
    page = wire.post(f"{program.issuer}/device", data={"user_code": asked["user_code"], "answer": "no"})
    assert "Nobody was signed in" in page.text
    assert program.poll(asked["device_code"]).json()["error"] == "access_denied"


def test_a_code_that_ran_out_says_so_to_the_terminal_and_to_the_person(tmp_path: Path) -> None:
    with running_identity(tmp_path, device_seconds=1) as identity:
        program = Program(issuer=identity.issuer)
        asked, patience = program.ask_for_device(), time.monotonic() + 30
        while (error := program.poll(asked["device_code"]).json()["error"]) != "expired_token":
            assert error in ("authorization_pending", "slow_down")
            assert time.monotonic() < patience
        with pytest.raises(robot.NotApproved, match="It may have run out"):
            robot.approve(program.issuer, asked["user_code"], "bo")


def test_a_code_that_was_never_issued_is_refused(program: Program) -> None:
    assert program.poll("never-issued").json()["error"] == "invalid_request"


def test_a_program_may_only_ask_for_the_device_flow_if_it_is_meant_to(identity: RunningIdentity) -> None:
    secret = (identity.state / "clients" / "seedbed-probe.secret").read_text()
    answer = wire.post(f"{identity.issuer}/device_authorization", auth=("seedbed-probe", secret))
    assert answer.json()["error"] == "unauthorized_client"


def test_answering_for_a_terminal_signs_the_browser_in_too(program: Program) -> None:
    asked = program.ask_for_device()
    with a_browser() as browser:
        answer = {"user_code": asked["user_code"], "person": "sam", "answer": "yes"}
        page = browser.post(f"{program.issuer}/device", data=answer)
        assert "sam is signed in on the Seedbed CLI" in page.text
        assert browser.get(program.authorize_url()).status_code == 302


def test_an_answer_cannot_be_given_twice(program: Program) -> None:
    asked = program.ask_for_device()
    robot.approve(program.issuer, asked["user_code"], "bo")
    with pytest.raises(robot.NotApproved, match="No terminal waits"):
        robot.approve(program.issuer, asked["user_code"], "olu")
    claims = program.read(program.poll(asked["device_code"]).json()["access_token"]).claims
    assert claims["sub"] == "bo"


def test_a_person_may_type_the_code_as_they_like(program: Program) -> None:
    asked = program.ask_for_device()
    robot.approve(program.issuer, asked["user_code"].lower().replace("-", " "), "bo")
    assert program.poll(asked["device_code"]).status_code == 200


@pytest.mark.parametrize("typed", ["brkwstqm", "BRKW STQM", "brkw-stqm", " BRKW_STQM "])
def test_a_typed_code_reads_as_it_was_issued(typed: str) -> None:
    assert user_code(typed) == "BRKW-STQM"


def test_a_stranger_cannot_be_picked_for_a_terminal(program: Program) -> None:
    asked = program.ask_for_device()
    with pytest.raises(robot.NotApproved, match=re.escape("Pick one of these people.")):
        robot.approve(program.issuer, asked["user_code"], "mallory")
    assert program.poll(asked["device_code"]).json()["error"] == "authorization_pending"
