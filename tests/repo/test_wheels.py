"""Every member builds as a wheel that holds its own folder, installs alone and starts alone."""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePath

import pytest

from tests.repo.tree import AIRFLOWS, Member, files, members
from tests.repo.wheels import Installed

pytestmark = pytest.mark.wheels
NOT_SHIPPED = ("BUILD", "pyproject.toml", "README.md")
EACH = pytest.mark.parametrize("member", members(), ids=lambda member: member.package)


@EACH
def test_a_wheel_holds_its_own_folder_and_all_of_it(member: Member, dist: Path) -> None:
    wanted = {n for n in files() if n.startswith(f"{member.folder}/") and PurePath(n).name not in NOT_SHIPPED}
    assert set(_held(dist, member)) == wanted


@EACH
def test_a_wheel_installs_and_starts_alone(member: Member, dist: Path, tmp_path: Path) -> None:
    alone = Installed(folder=tmp_path, dist=dist).made(f"{member.name}{_extras(member)}=={member.version}")
    everything = "import importlib, sys; [*map(importlib.import_module, sys.argv[1:])]"
    alone.run(alone.python, "-c", everything, *_modules(dist, member))
    for script in member.project["project"].get("scripts", {}):
        assert "usage" in alone.run(alone.python.with_name(script), "--help").lower()
    if f"{member.folder}/server.yaml" in files():
        described = json.loads(alone.run(alone.python, "-m", member.package, "--describe"))
        assert described["version"] == member.version


def _extras(member: Member) -> str:
    """With all of them: the modules that need one are in the wheel too."""
    return f"[{','.join(member.project['project'].get('optional-dependencies', ()))}]"


def _held(dist: Path, member: Member) -> Iterator[str]:
    (wheel,) = dist.glob(f"{member.name.replace('-', '_')}-{member.version}-*.whl")
    yield from (name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name)


def _modules(dist: Path, member: Member) -> list[str]:
    """What can be imported by name: no command, no migration (Alembic loads it by its path), none of Airflow's DAGs."""
    names = (name for name in _held(dist, member) if name.endswith(".py") and not name.startswith(AIRFLOWS))
    found = map(PurePath, names)
    return [".".join(n.with_suffix("").parts) for n in found if n.name != "__main__.py" and "migrations" not in n.parts]
