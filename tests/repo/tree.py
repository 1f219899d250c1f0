"""The repository as its own tests see it: members, files, imports."""

import ast
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
OURS = ("platform_core", "registry", "gateway", "servers", "surfaces", "deploy", "tests")
NAMESPACES = ("servers", "surfaces", "deploy")
AIRFLOWS = "deploy/local/airflow/dags/"
"""Written for Airflow's own environment: modules of nothing of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One distribution of the workspace."""

    folder: str
    project: dict[str, Any]

    @property
    def package(self) -> str:
        return self.folder.replace("/", ".")

    @property
    def name(self) -> str:
        return self.project["project"]["name"]

    @property
    def version(self) -> str:
        return self.project["project"]["version"]


@cache
def workspace() -> dict[str, Any]:
    """The root's pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


@cache
def members() -> tuple[Member, ...]:
    """Every folder with a pyproject.toml of its own."""
    found = sorted([*ROOT.glob("*/pyproject.toml"), *ROOT.glob("*/*/pyproject.toml")])
    return tuple(
        Member(folder=str(path.parent.relative_to(ROOT)), project=tomllib.loads(path.read_text("utf-8")))
        for path in found
    )


@cache
def files() -> tuple[str, ...]:
    """Every file that is in the repository or about to be: nothing that git ignores."""
    listed = subprocess.run(
        ["/usr/bin/env", "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return tuple(sorted(name for name in set(listed.stdout.split("\0")) if name and (ROOT / name).is_file()))


def texts() -> Iterator[tuple[str, str]]:
    """Every file that is text, with what it says."""
    for name in files():
        try:
            yield name, (ROOT / name).read_text("utf-8")
        except UnicodeDecodeError:
            continue


def modules(*tops: str) -> tuple[str, ...]:
    """Every Python file below `tops` (all of ours, unless given)."""
    ours = (name for name in files() if name.endswith(".py") and not name.startswith(AIRFLOWS))
    return tuple(name for name in ours if name.partition("/")[0] in (tops or OURS))


@cache
def parsed(name: str) -> ast.Module:
    return ast.parse((ROOT / name).read_text("utf-8"), name)


def imports(name: str) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything that the file imports, wherever in it."""
    for node in ast.walk(parsed(name)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)
