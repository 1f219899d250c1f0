"""BUILD files, read as data: which target owns which file."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import PurePath
from typing import Any

from tests.repo.tree import ROOT, files

CODE = {"python_sources": ("*.py", "!test_*.py"), "python_tests": ("test_*.py",), "python_test_utils": ("conftest.py",)}
"""Kinds of targets for Python files, each with the files it takes where its `sources` are not given."""
DATA = ("resource", "resources")
OTHER = ("python_requirements", "__dependencies_rules__", "__dependents_rules__")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One call in a BUILD file. `sources` are relative to its folder; `*` stays inside one, `**` does not."""

    kind: str
    folder: PurePath
    name: str
    """Its own, or the folder's where none is given."""
    sources: tuple[str, ...]

    def owns(self, name: str) -> bool:
        if not PurePath(name).is_relative_to(self.folder):
            return False
        inside = PurePath(name).relative_to(self.folder)
        taken = [source for source in self.sources if not source.startswith("!")]
        left = [source[1:] for source in self.sources if source.startswith("!")]
        return _matches(inside, taken) and not _matches(inside, left)


@cache
def build_files() -> tuple[str, ...]:
    return tuple(name for name in files() if PurePath(name).name == "BUILD")


@cache
def targets() -> tuple[Target, ...]:
    """Every target of the repository."""
    return tuple(target for build in build_files() for target in _targets(build))


def owners(name: str) -> list[str]:
    """Kinds of the targets that own the file."""
    return [target.kind for target in targets() if target.owns(name)]


def _targets(build: str) -> Iterator[Target]:
    for statement in ast.parse((ROOT / build).read_text("utf-8"), build).body:
        if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)):
            raise ValueError(f"{build}:{statement.lineno} is not a target: a BUILD file is a list of them")
        call = statement.value
        for value in call.args:
            ast.literal_eval(value)
        fields: dict[str | None, Any] = {field.arg: ast.literal_eval(field.value) for field in call.keywords}
        kind = ast.unparse(call.func)
        said = [fields["source"]] if "source" in fields else fields.get("sources")
        folder = PurePath(build).parent
        name = fields.get("name", folder.name)
        yield Target(kind=kind, folder=folder, name=name, sources=tuple(said or CODE.get(kind, ())))


def _matches(inside: PurePath, patterns: Iterable[str]) -> bool:
    return any(
        fnmatchcase(str(inside), pattern.replace("**/", "*"))
        and ("**" in pattern or len(PurePath(pattern).parts) == len(inside.parts))
        for pattern in patterns
    )
