"""A terminal in which somebody types `seedbed`."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from deploy.local.identity import robot

PATIENCE = 60


@dataclass(frozen=True, kw_only=True)
class Said:
    """What one command printed and how it ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, kw_only=True)
class Terminal:
    """Runs the real command in a process of its own."""

    home: Path
    url: str
    issuer: str

    def seedbed(self, *words: str, **env: str) -> Said:
        done = subprocess.run(
            _command(words), env=self.environment(**env), capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        return Said(code=done.returncode, out=done.stdout, err=done.stderr)

    def log_in(self, login: str, *words: str) -> str:
        """`seedbed login`, answered in the browser as `login`."""
        with self.start("login", *words) as waiting:
            code = user_code(waiting.stdout)
            robot.approve(self.issuer, code, login)
            out, _ = waiting.communicate(timeout=PATIENCE)
        assert waiting.returncode == 0, out
        return out

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            _command(words), env=self.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def environment(self, **more: str) -> dict[str, str]:
        ours = {"SEEDBED_CLI_HOME": str(self.home), "SEEDBED_CLI_URL": self.url, "NO_COLOR": "1"}
        return {**os.environ, **ours, **more}


def user_code(printed: IO[str] | None) -> str:
    """The code that `seedbed login` shows."""
    for line in printed or ():
        if line.startswith("Code"):
            return line.split()[1]
    raise AssertionError("seedbed login ended without a code")


def _command(words: tuple[str, ...]) -> list[str]:
    return [sys.executable, "-m", "surfaces.cli", *words]
