"""The clone of the repository in which somebody works."""

import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from surfaces.cli.failures import Unusable

SEED = Path("deploy/seed")
_WORKSPACE = "seedbed-workspace"
_SETTINGS = "pyproject.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One distribution of the workspace: its folder, and its name in metadata and lock."""

    folder: Path
    name: str

    @property
    def package(self) -> str:
        return ".".join(self.folder.parts)


@dataclass(frozen=True, slots=True)
class Clone:
    """A checkout with the seed in it."""

    root: Path

    @classmethod
    def around(cls, folder: Path) -> "Clone":
        """The clone that `folder` is in."""
        for root in (folder, *folder.parents):
            if _is_root(root):
                return cls(root)
        raise Unusable(f"{folder} is in no clone of the Seedbed repository, where servers are written. cd into one.")

    @property
    def settings(self) -> Path:
        """The root's pyproject.toml."""
        return self.root / _SETTINGS

    @property
    def python(self) -> Path:
        """The interpreter that has the clone's libraries; before `make setup`, the one that runs this."""
        own = self.root / ".venv" / "bin" / "python"
        return own if own.exists() else Path(sys.executable)

    def members(self) -> tuple[Member, ...]:
        """Every folder with a pyproject.toml of its own."""
        found = sorted([*self.root.glob(f"*/{_SETTINGS}"), *self.root.glob(f"*/*/{_SETTINGS}")])
        return tuple(
            Member(folder=file.parent.relative_to(self.root), name=_project(file).get("name", "")) for file in found
        )

    def servers(self) -> tuple[Member, ...]:
        """The members that are servers."""
        return tuple(member for member in self.members() if (self.root / member.folder / "server.yaml").is_file())

    def run(self, *command: str | Path) -> "subprocess.CompletedProcess[str]":
        """Run a program in the clone's root."""
        return subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=False)  # noqa: S603


def _is_root(folder: Path) -> bool:
    file = folder / _SETTINGS
    return (folder / SEED).is_dir() and file.is_file() and _project(file).get("name") == _WORKSPACE


def _project(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8")).get("project", {})
    except tomllib.TOMLDecodeError as error:
        raise Unusable(f"{file} can't be read: {error}") from None
