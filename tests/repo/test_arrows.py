"""Imports point at the core: servers and surfaces know nothing but it, and a part knows no sibling."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.repo.tree import OURS, ROOT, Member, imports, members, modules

CORE = "platform_core"
MAY_KNOW = {"platform_core": (), "deploy.local": (CORE, "registry", "gateway", "surfaces.cli")}
"""What a member may import beside itself; everybody else: the core."""


@pytest.mark.parametrize("member", members(), ids=lambda member: member.package)
def test_a_member_imports_the_core_and_itself(member: Member) -> None:
    known = (member.package, *MAY_KNOW.get(member.package, (CORE,)))
    astray = [
        f"{name}:{line} imports {what}"
        for name in modules()
        if name.startswith(f"{member.folder}/")
        for line, what in imports(name)
        if what.partition(".")[0] in OURS and not f"{what}.".startswith(tuple(f"{one}." for one in known))
    ]
    assert not astray


def test_no_import_is_relative() -> None:
    relative = [f"{name}:{line}" for name in modules() for line, what in imports(name) if what.startswith(".")]
    assert not relative


def test_no_chain_of_imports_goes_against_the_arrows() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
