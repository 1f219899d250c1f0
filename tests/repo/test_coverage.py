"""What decides who may do what is tested on every branch, by its own tests alone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.repo.tree import ROOT

pytestmark = pytest.mark.extra
LEAST = 95
"""Per cent of lines and branches."""


@pytest.mark.parametrize("part", ["auth", "policy"])
def test_the_tests_of_identity_and_policy_walk_every_branch(part: str, tmp_path: Path) -> None:
    quiet = ["-x", "-q", "-p", "no:cacheprovider", f"tests/platform_core/{part}"]
    _coverage(tmp_path, "run", f"--source=platform_core.{part}", "-m", "pytest", *quiet)
    _coverage(tmp_path, "combine", "-q")
    _coverage(tmp_path, "report", f"--fail-under={LEAST}")


def _coverage(folder: Path, *arguments: str) -> None:
    command = [sys.executable, "-m", "coverage", *arguments]
    env = os.environ | {"COVERAGE_FILE": str(folder / "coverage")}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
