"""Wheels of this repository, installed where the repository is nowhere on the path."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from tests.repo.tree import ROOT

UV = ROOT / ".tools" / "bin" / "uv"
NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Installed:
    """An environment of its own with some wheels in it."""

    folder: Path
    dist: Path

    @property
    def python(self) -> Path:
        return self.folder / "venv" / "bin" / "python"

    def made(self, *requirements: str) -> "Installed":
        """Make it, with what `requirements` name and what they need, as the lock pins it."""
        self.run(UV, "venv", "-q", "--python", sys.executable, self.folder / "venv")
        self.add(*requirements)
        return self

    def add(self, *requirements: str) -> None:
        """Install something more."""
        pinned = ("--constraint", ROOT / "requirements.lock")
        self.run(UV, "pip", "install", "-q", "--python", self.python, "--find-links", self.dist, *pinned, *requirements)

    def run(self, *command: str | Path) -> str:
        """What a command prints that ends well."""
        done = self.ends(*command)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def ends(self, *command: str | Path, settings: Mapping[str, str] = NOTHING) -> "subprocess.CompletedProcess[str]":
        """How a command ends that finds `settings` and none of those of whoever runs the tests."""
        ours = ("PYTHON", "SEEDBED", "VIRTUAL")
        bare = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        return subprocess.run(
            command, cwd=self.folder, env={**bare, **settings}, capture_output=True, text=True, timeout=300, check=False
        )
