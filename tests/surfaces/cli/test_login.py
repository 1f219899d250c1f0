"""Logging in, staying logged in, logging out."""

import json
import signal
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from surfaces.cli import logins
from tests.deploy.local.identity.program import Program
from tests.deploy.local.identity.running import running_identity
from tests.surfaces.cli.edge import Edge, running_edge
from tests.surfaces.cli.terminal import Terminal, user_code


def kept(terminal: Terminal) -> Path:
    (file,) = (terminal.home / "logins").glob("*.json")
    return file


def expire(terminal: Terminal) -> str:
    """Make the kept access token look old; returns it."""
    login = json.loads(kept(terminal).read_text())
    kept(terminal).write_text(json.dumps(login | {"expires_at": time.time() - 1}))
    return login["access_token"]


def test_a_person_logs_in_at_a_browser_and_is_greeted(terminal: Terminal) -> None:
    said = terminal.log_in("ana")
    assert f"ana (Ana Alvarez) is logged in at {terminal.url} until" in said
    assert terminal.seedbed("whoami").out in said


def test_the_link_and_the_code_come_before_the_waiting(terminal: Terminal) -> None:
    with terminal.start("login") as waiting:
        assert waiting.stdout is not None
        link = waiting.stdout.readline().split()[-1]
        code = user_code(waiting.stdout)
        assert link == f"{terminal.issuer}/device?user_code={code}"
        httpx2.post(f"{terminal.issuer}/device", data={"user_code": code, "answer": "no"})
        _, err = waiting.communicate(timeout=60)
    assert waiting.returncode == 1
    assert "said no. Nobody is logged in." in err
    assert not list(terminal.home.glob("logins/*.json"))


def test_only_their_owner_can_read_the_credentials(ana: Terminal) -> None:
    assert stat.S_IMODE(kept(ana).stat().st_mode) == 0o600
    assert stat.S_IMODE(kept(ana).parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(ana.home.stat().st_mode) == 0o700


def test_a_login_never_shows_its_tokens() -> None:
    shown = repr(
        logins.Login(
            url="u",
            issuer="i",
            token_endpoint="t",  # noqa: S106
            revocation_endpoint="r",
            person="ana",
            name="",
            access_token="secret-1",  # noqa: S106
            expires_at=0,
            refresh_token="secret-2",  # noqa: S106
            ends_at=0,
        )
    )
    assert "secret" not in shown


def test_logging_out_ends_the_login_at_the_provider_too(terminal: Terminal) -> None:
    terminal.log_in("ana")
    refresh_token = json.loads(kept(terminal).read_text())["refresh_token"]
    assert terminal.seedbed("logout").code == 0
    assert terminal.seedbed("whoami").code == 2
    refused = Program(issuer=terminal.issuer).refresh(refresh_token)
    assert refused.json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "words", [("whoami",), ("tools",), ("headers", "presto"), ("call", "presto", "add"), ("logout",)]
)
def test_who_is_not_logged_in_is_told_how(terminal: Terminal, words: tuple[str, ...]) -> None:
    said = terminal.seedbed(*words)
    assert (said.code, said.out) == (2, "")
    assert said.err == f"Nobody is logged in at {terminal.url}. Run `seedbed login`.\n"


def test_an_agent_gets_its_headers_as_one_json_object(ana: Terminal) -> None:
    said = ana.seedbed("headers", "presto")
    assert said.err == ""
    (name, value), *rest = json.loads(said.out).items()
    assert (name, rest) == ("Authorization", [])
    assert Program(issuer=ana.issuer).read(value.removeprefix("Bearer ")).claims["sub"] == "ana"


def test_an_old_token_is_refreshed_without_a_word(ana: Terminal) -> None:
    old = expire(ana)
    said = ana.seedbed("headers", "presto")
    assert (said.code, said.err) == (0, "")
    assert old not in said.out
    assert ana.seedbed("headers", "presto").out == said.out


def test_agents_that_ask_at_the_same_moment_burn_one_refresh_token(ana: Terminal) -> None:
    expire(ana)
    with ThreadPoolExecutor(4) as agents:
        said = list(agents.map(ana.seedbed, ["headers"] * 4, ["presto"] * 4))
    assert [each.code for each in said] == [0] * 4
    assert len({each.out for each in said}) == 1
    expire(ana)
    assert ana.seedbed("headers", "presto").code == 0


def test_a_login_that_ended_elsewhere_is_forgotten_and_named(terminal: Terminal) -> None:
    terminal.log_in("bo")
    login = logins.Login(**json.loads(kept(terminal).read_text()))
    httpx2.post(f"{terminal.issuer}/revoke", data={"client_id": "seedbed-cli", "token": login.refresh_token})
    expire(terminal)
    said = terminal.seedbed("headers", "presto")
    assert (said.code, said.out) == (2, "")
    assert said.err == f"The login of bo at {terminal.url} has ended. Run `seedbed login`.\n"
    assert "Nobody is logged in" in terminal.seedbed("whoami").err


def test_a_login_past_its_end_is_not_shown_as_one(ana: Terminal) -> None:
    login = json.loads(kept(ana).read_text())
    kept(ana).write_text(json.dumps(login | {"ends_at": time.time() - 1}))
    said = ana.seedbed("whoami")
    kept(ana).write_text(json.dumps(login))
    assert (said.code, said.err) == (2, f"The login of ana at {ana.url} has ended. Run `seedbed login`.\n")


def test_a_token_still_serves_while_the_provider_is_away(tmp_path: Path) -> None:
    short_lived = running_identity(tmp_path / "identity", access_seconds=200)
    with short_lived as identity, running_edge(identity.issuer) as edge:
        terminal = Terminal(home=tmp_path / "home", url=edge.url, issuer=identity.issuer)
        terminal.log_in("ana")
    still = terminal.seedbed("headers", "presto")
    assert (still.code, still.err) == (0, "")
    old = expire(terminal)
    gone = terminal.seedbed("headers", "presto")
    assert gone.code == 4
    assert f"{terminal.issuer} does not answer." in gone.err
    assert old not in gone.err


def test_a_platform_that_names_an_unsafe_provider_is_not_believed(edge: Edge, tmp_path: Path) -> None:
    with running_edge(edge.issuer) as elsewhere:
        elsewhere.issuer = "http://login.example.com"
        terminal = Terminal(home=tmp_path, url=elsewhere.url, issuer=edge.issuer)
        assert "must be https" in terminal.seedbed("login").err
        elsewhere.issuer = edge.issuer.replace("127.0.0.1", "127.0.0.1:1@127.0.0.1")
        assert terminal.seedbed("login").code == 2
        elsewhere.issuer = f"{edge.issuer}/other"
        assert terminal.seedbed("login").code == 4


def test_a_waiting_login_ends_when_the_person_at_the_terminal_gives_up(terminal: Terminal) -> None:
    with terminal.start("login") as waiting:
        user_code(waiting.stdout)
        waiting.send_signal(signal.SIGINT)
        _, err = waiting.communicate(timeout=60)
    assert waiting.returncode != 0
    assert "Traceback" not in err
