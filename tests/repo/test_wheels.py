"""Every member builds as a wheel that holds its own folder, installs alone and starts alone."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePath

import pytest

from tests.repo.tree import ROOT, Member, files, members

pytestmark = pytest.mark.wheels
UV = ROOT / ".tools" / "bin" / "uv"
NOT_SHIPPED = ("BUILD", "pyproject.toml", "README.md")
EACH = pytest.mark.parametrize("member", members(), ids=lambda member: member.package)


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    _run(UV, "build", "-q", "--all-packages", "--wheel", "--out-dir", folder, where=ROOT)
    return folder


@EACH
def test_a_wheel_holds_its_own_folder_and_all_of_it(member: Member, dist: Path) -> None:
    wanted = {n for n in files() if n.startswith(f"{member.folder}/") and PurePath(n).name not in NOT_SHIPPED}
    assert set(_held(dist, member)) == wanted


@EACH
def test_a_wheel_installs_and_starts_alone(member: Member, dist: Path, tmp_path: Path) -> None:
    python = tmp_path / "venv" / "bin" / "python"
    _run(UV, "venv", "-q", "--python", sys.executable, tmp_path / "venv", where=tmp_path)
    _run(
        *(UV, "pip", "install", "-q", "--python", python, "--find-links", dist),
        *("--constraint", ROOT / "requirements.lock", f"{member.name}{_extras(member)}=={member.version}"),
        where=tmp_path,
    )
    _run(python, "-c", "import importlib, sys; [*map(importlib.import_module, sys.argv[1:])]", *_modules(dist, member),
         where=tmp_path)  # fmt: skip
    for script in member.project["project"].get("scripts", {}):
        assert "usage" in _run(python.with_name(script), "--help", where=tmp_path).lower()
    if f"{member.folder}/server.yaml" in files():
        described = json.loads(_run(python, "-m", member.package, "--describe", where=tmp_path))
        assert described["version"] == member.version


def _extras(member: Member) -> str:
    """With all of them: the modules that need one are in the wheel too."""
    return f"[{','.join(member.project['project'].get('optional-dependencies', ()))}]"


def _held(dist: Path, member: Member) -> Iterator[str]:
    (wheel,) = dist.glob(f"{member.name.replace('-', '_')}-{member.version}-*.whl")
    yield from (name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name)


def _modules(dist: Path, member: Member) -> list[str]:
    """What can be imported by name: no command, and no migration, which Alembic loads by its path."""
    found = (PurePath(name) for name in _held(dist, member) if name.endswith(".py"))
    return [".".join(n.with_suffix("").parts) for n in found if n.name != "__main__.py" and "migrations" not in n.parts]


def _run(*command: str | Path, where: Path) -> str:
    """What the command prints, run in `where`; the repository is nowhere on its path."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "SEEDBED", "VIRTUAL"))}
    done = subprocess.run(command, cwd=where, env=bare, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
