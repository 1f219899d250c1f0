"""A clone of the repository as it stands, in which an author types."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.repo.tree import ROOT, files

Done = subprocess.CompletedProcess[str]
_ME = ("-c", "user.name=a", "-c", "user.email=a@example.com")


@dataclass(frozen=True)
class Checkout:
    """Its libraries are those of whoever runs the tests; its code is its own."""

    root: Path

    @classmethod
    def made(cls, root: Path) -> "Checkout":
        """Everything that git holds here, committed there."""
        fresh = cls.copied(root)
        fresh.git("init", "-q")
        fresh.keep()
        return fresh

    @classmethod
    def copied(cls, root: Path, *folders: str) -> "Checkout":
        """What git holds here in the root and in `folders`, or everywhere: files, without git."""
        wanted = [name for name in files() if not folders or "/" not in name or name.startswith(folders)]
        for folder in {(root / name).parent for name in wanted}:
            folder.mkdir(parents=True, exist_ok=True)
        for name in wanted:
            shutil.copyfile(ROOT / name, root / name)
        return cls(root)

    def keep(self) -> None:
        """Commit what there is."""
        self.git("add", "--all")
        self.git(*_ME, "commit", "-q", "-m", "as it stands")

    def seedbed(self, *words: str, folder: str = ".") -> Done:
        """The clone's own command, typed in one of its folders."""
        return self.python("-m", "surfaces.cli", *words, folder=folder)

    def python(self, *words: str, folder: str = ".") -> Done:
        return self._run([sys.executable, *words], folder)

    def git(self, *words: str) -> str:
        done = self._run(["/usr/bin/env", "git", *words], ".")
        assert done.returncode == 0, done.stderr
        return done.stdout

    def changes(self) -> list[str]:
        """What git sees that was not kept, a folder as one."""
        return self.git("status", "--porcelain").splitlines()

    def _run(self, command: list[str], folder: str) -> Done:
        env = os.environ | {"PYTHONPATH": str(self.root), "NO_COLOR": "1"}
        return subprocess.run(
            command, cwd=self.root / folder, env=env, capture_output=True, text=True, timeout=120, check=False
        )
