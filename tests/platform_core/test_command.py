"""The command of a server says what it is, and where it can't start it says why in one line."""

import json
import os
import subprocess
import sys

import pytest

from deploy.seed.server import server as seed
from platform_core.command import run
from platform_core.registration.contract import Registration


def seeds(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the seed's command in a process of its own, with nothing of ours in its environment."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SEEDBED_")}
    program = [sys.executable, "-m", "deploy.seed", *arguments]
    return subprocess.run(program, env=clean | environment, capture_output=True, text=True, timeout=60)


def test_it_describes_itself_as_the_registry_wants_it() -> None:
    done = seeds("--describe")
    assert done.returncode == 0
    registration = Registration.model_validate_json(done.stdout)
    assert registration.manifest == seed.manifest
    assert registration.contract.digest == seed.contract().digest
    assert set(json.loads(done.stdout)) == {"manifest", "contract", "version"}


def test_it_lists_its_settings_with_their_defaults() -> None:
    done = seeds("--settings", SEEDBED_AUTH_ISSUER="https://in-force")
    assert done.returncode == 0
    assert "SEEDBED_AUTH_ISSUER" in done.stdout
    assert "SEEDBED_SERVER_DRAIN_SECONDS" in done.stdout
    assert "SEEDBED_PLATFORM_BASE" in done.stdout
    assert "in-force" not in done.stdout


def test_without_settings_it_ends_with_one_line_that_names_what_is_missing() -> None:
    done = seeds()
    assert done.returncode == 2
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("seed: settings of platform: SEEDBED_PLATFORM_BASE: Field required")


@pytest.mark.parametrize(("arguments", "status"), [(["--describe", "--stdio"], 2), (["--serve"], 2), (["--help"], 0)])
def test_it_does_one_thing_at_a_time_and_says_which_there_are(
    arguments: list[str], status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        run(seed, arguments)
    assert ended.value.code == status
    said = "".join(capsys.readouterr())
    assert "seedbed-server-seed" in said
    assert "--settings" in said
