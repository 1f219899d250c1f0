"""Every library that a member imports is one that it asks for, or that a member below it does."""

import re
import sys
from collections.abc import Iterable
from importlib.metadata import packages_distributions
from itertools import chain

import pytest

from tests.repo.tree import OURS, Member, imports, members, modules

BY_NAME = {member.name: member for member in members()}
PROVIDERS = packages_distributions()


@pytest.mark.parametrize("member", members(), ids=lambda member: member.package)
def test_a_member_asks_for_what_it_imports(member: Member) -> None:
    asked = set(_asked(member, _extras(member)))
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


def _asked(member: Member, extras: Iterable[str]) -> Iterable[str]:
    """Distributions that a member names, and those of the members that it names, with the extras that it names."""
    needs = member.project["project"]["dependencies"]
    for need in chain(needs, *(_extras(member)[extra] for extra in extras)):
        name, wanted = _plain(re.split(r"[^\w.-]", need)[0]), re.findall(r"\[(.*?)\]", need)
        asked = wanted[0].split(",") if wanted else ()
        yield from _asked(BY_NAME[name], asked) if name in BY_NAME else (name,)


def _extras(member: Member) -> dict[str, list[str]]:
    """What a member needs for a part of it that not everybody uses."""
    return member.project["project"].get("optional-dependencies", {})


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
