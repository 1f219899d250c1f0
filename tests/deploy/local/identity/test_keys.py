"""Key rotation, by the commands that an operator has."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from joserfc.errors import JoseError

from tests.deploy.local.identity import wire
from tests.deploy.local.identity.forge import Forge
from tests.deploy.local.identity.program import Program
from tests.deploy.local.identity.running import RunningIdentity, running_identity
from tests.deploy.local.identity.wire import a_browser


def turn(identity: RunningIdentity, how: str) -> str:
    command = [sys.executable, "-m", "deploy.local.identity", how]
    env = os.environ | {"SEEDBED_IDENTITY_STATE": str(identity.state)}
    return subprocess.run(command, env=env, check=True, capture_output=True, text=True, timeout=60).stdout


def published(program: Program) -> list[str]:
    return [key["kid"] for key in wire.get(f"{program.issuer}/jwks").raise_for_status().json()["keys"]]


def token(program: Program) -> str:
    with a_browser() as browser:
        return program.redeem(program.log_in(browser, "ana")["code"]).raise_for_status().json()["access_token"]


def test_a_running_provider_turns_its_keys_without_a_gap(tmp_path: Path) -> None:
    with running_identity(tmp_path) as identity:
        program = Program(issuer=identity.issuer)
        old = token(program)
        old_kid = program.read(old).header["kid"]

        assert "signs nothing yet" in turn(identity, "publish")
        assert len(published(program)) == 2
        assert program.read(token(program)).header["kid"] == old_kid

        turn(identity, "rotate")
        new = token(program)
        assert program.read(new).header["kid"] != old_kid
        assert program.read(old).claims["sub"] == "ana"

        assert old_kid in turn(identity, "withdraw")
        assert published(program) == [program.read(new).header["kid"]]
        with pytest.raises((JoseError, ValueError)):
            program.read(old)


def test_rotate_alone_makes_the_new_key_and_keeps_the_old_one_good(tmp_path: Path) -> None:
    with running_identity(tmp_path) as identity:
        program = Program(issuer=identity.issuer)
        before = published(program)
        turn(identity, "rotate")
        assert published(program)[:1] == before
        assert program.read(token(program)).header["kid"] == published(program)[1]


def test_published_keys_are_public_and_marked_as_a_development_machines(identity: RunningIdentity) -> None:
    keys = wire.get(f"{identity.issuer}/jwks").json()["keys"]
    assert keys
    for key in keys:
        assert key["kid"].startswith("dev-")
        assert set(key) == {"kty", "n", "e", "kid", "use", "alg"}


def test_the_forge_makes_one_token_that_passes_and_many_that_do_not(identity: RunningIdentity) -> None:
    forge, program = Forge(identity.state, identity.issuer), Program(issuer=identity.issuer)
    assert program.read(forge.token()).claims["sub"] == "ana"
    for forged in (forge.tampered(), forge.unsigned(), forge.hmac(), forge.by_another_key(), forge.by_an_unknown_kid()):
        with pytest.raises((JoseError, ValueError)):
            program.read(forged)
