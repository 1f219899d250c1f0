"""Logins that last: refresh tokens serve once, outlive a restart, and end when they are revoked or copied."""

from pathlib import Path
from typing import Any

import pytest

from deploy.local.identity import robot
from tests.deploy.local.identity import wire
from tests.deploy.local.identity.program import Program
from tests.deploy.local.identity.running import RunningIdentity, free_port, running_identity
from tests.deploy.local.identity.wire import a_browser


def device_login(program: Program, login: str = "ana") -> dict[str, Any]:
    asked = program.ask_for_device()
    robot.approve(program.issuer, asked["user_code"], login)
    return program.poll(asked["device_code"]).raise_for_status().json()


@pytest.fixture
def program(identity: RunningIdentity) -> Program:
    return Program(issuer=identity.issuer)


def test_every_refresh_gives_a_new_refresh_token_for_the_same_login(program: Program) -> None:
    first = device_login(program)
    second = program.refresh(first["refresh_token"]).raise_for_status().json()
    assert second["refresh_token"] != first["refresh_token"]
    assert 0 < second["refresh_expires_in"] <= first["refresh_expires_in"] <= 12 * 3600
    assert program.read(second["access_token"]).claims["sub"] == "ana"
    program.refresh(second["refresh_token"]).raise_for_status()


def test_a_refresh_token_used_twice_ends_the_login_for_both_holders(program: Program) -> None:
    first = device_login(program)
    second = program.refresh(first["refresh_token"]).raise_for_status().json()
    assert program.refresh(first["refresh_token"]).json()["error"] == "invalid_grant"
    assert program.refresh(second["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_refresh_token_serves_its_own_program_alone(identity: RunningIdentity, program: Program) -> None:
    tokens = device_login(program)
    secret = (identity.state / "clients" / "seedbed-registry.secret").read_text()
    other = Program(issuer=identity.issuer, client_id="seedbed-registry", secret=secret)
    assert other.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_refresh_cannot_widen_what_was_granted(program: Program) -> None:
    tokens = device_login(program)
    wider = {"refresh_token": tokens["refresh_token"], "scope": "openid profile offline_access mcp"}
    assert program.token(grant_type="refresh_token", **wider).json()["error"] == "invalid_scope"


def test_a_revoked_login_refreshes_no_more(program: Program) -> None:
    tokens = device_login(program)
    asked = {"client_id": program.client_id, "token": tokens["refresh_token"]}
    wire.post(f"{program.issuer}/revoke", data=asked).raise_for_status()
    assert program.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_logins_sessions_and_waiting_terminals_outlive_a_restart(tmp_path: Path) -> None:
    port = free_port()
    with running_identity(tmp_path, port=port) as before, a_browser() as browser:
        program = Program(issuer=before.issuer)
        tokens = device_login(program)
        waiting = program.ask_for_device()
        program.log_in(browser, "sam")
        cookies = dict(browser.cookies)
    with running_identity(tmp_path, port=port), a_browser(cookies=cookies) as browser:
        assert program.read(tokens["access_token"]).claims["sub"] == "ana"
        program.refresh(tokens["refresh_token"]).raise_for_status()
        robot.approve(program.issuer, waiting["user_code"], "bo")
        program.poll(waiting["device_code"]).raise_for_status()
        assert browser.get(program.authorize_url()).status_code == 302


def test_the_state_is_closed_to_everybody_else_and_holds_no_token(identity: RunningIdentity, program: Program) -> None:
    tokens = device_login(program)
    secret = tokens["refresh_token"].partition(".")[2].encode()
    for path in [identity.state, *identity.state.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path
        assert path.is_dir() or secret not in path.read_bytes(), path


def test_the_log_says_what_was_asked_and_never_a_code_or_a_token(identity: RunningIdentity, program: Program) -> None:
    with a_browser() as browser:
        answer = program.log_in(browser, "ana")
        tokens = program.redeem(answer["code"]).raise_for_status().json()
        browser.get(f"{program.issuer}/nowhere", params={"token": tokens["access_token"]})
    log = "".join(identity.log)
    assert "POST /authorize 302" in log
    for secret in (answer["code"], tokens["access_token"], tokens["refresh_token"], program.verifier, "nonce"):
        assert secret not in log
