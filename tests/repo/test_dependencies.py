"""Every library that a member imports is one that it asks for, or that a member below it does."""

import re
import sys
from collections.abc import Iterable
from importlib.metadata import packages_distributions

import pytest

from tests.repo.tree import OURS, Member, imports, members, modules

BY_NAME = {member.name: member for member in members()}
PROVIDERS = packages_distributions()


@pytest.mark.parametrize("member", members(), ids=lambda member: member.package)
def test_a_member_asks_for_what_it_imports(member: Member) -> None:
    asked = set(_asked(member))
    astray = {
        f"{name}:{line} imports {what}"
        for name in modules()
        if name.startswith(f"{member.folder}/")
        for line, what in imports(name)
        if not _known(what.partition(".")[0], asked)
    }
    assert not astray


def _known(top: str, asked: set[str]) -> bool:
    ours_or_pythons = top in OURS or top in sys.stdlib_module_names
    return ours_or_pythons or not asked.isdisjoint(_plain(name) for name in PROVIDERS.get(top, ()))


def _asked(member: Member) -> Iterable[str]:
    """Distributions that a member names, and those of the members that it names."""
    for need in member.project["project"]["dependencies"]:
        name = _plain(re.split(r"[^\w.-]", need)[0])
        yield from _asked(BY_NAME[name]) if name in BY_NAME else (name,)


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
