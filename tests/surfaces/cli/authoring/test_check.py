"""`seedbed check` says in one line a finding which clause is broken, how to mend it and who can."""

import re
import resource
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest

from surfaces.cli.authoring import checking, commands, planting
from surfaces.cli.authoring.clone import Clone
from surfaces.cli.authoring.naming import planned
from surfaces.cli.failures import Failed, Unusable
from tests.surfaces.cli.authoring.checkout import Checkout

LINE = re.compile(r"MCP-[A-Z]+-\d+  \S+: .+; .+ \[.+\]")
PARTS = ("platform_core/", "deploy/seed/", "tests/deploy/seed/")
MOST_CPU = 10.0
"""Seconds of processor time in which everything is checked."""


@dataclass(frozen=True)
class Checked:
    """What a check of everything said, and what it took."""

    lines: Sequence[str]
    cpu: float


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A clone with a server that is the seed under another name, and three whose code is broken."""
    root = tmp_path_factory.mktemp("clone")
    clone = Clone(Checkout.copied(root, *PARTS).root)
    for name in ("bikes", "broken", "hasty", "silent"):
        planting.plant(clone, planned(clone, name, "support", "ask-bikes"))
    (root / "servers/broken/server.py").write_text("import nothing_of_that_name\n", "utf-8")
    (root / "servers/hasty/server.py").write_text("raise SystemExit('not today')\n", "utf-8")
    (root / "servers/silent/server.py").write_text("import os\nos._exit(3)\n", "utf-8")
    return clone


@pytest.fixture(scope="module")
def checked(clone: Clone) -> Checked:
    """`seedbed check`, typed in the folder of one of its servers."""
    before = _cpu()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(clone.root / "servers/bikes")
        with pytest.raises(Failed) as found:
            commands.check()
    return Checked(str(found.value).splitlines(), _cpu() - before)


def _cpu() -> float:
    """What this process and those that it waited for have taken."""
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


@pytest.fixture
def lines(checked: Checked) -> Sequence[str]:
    return checked.lines


def of(lines: Sequence[str], server: str) -> Iterator[str]:
    return (line for line in lines if f"  {server}: " in line)


def test_each_finding_is_a_line_with_its_clause_its_fix_and_who_can_make_it(lines: Sequence[str]) -> None:
    *findings, empty, more = lines
    assert (empty, "docs/security-standard.md" in more) == ("", True)
    assert [line for line in findings if not LINE.fullmatch(line)] == []
    assert list(of(lines, "seed")) == []
    left, also = of(lines, "bikes")
    assert left.startswith("MCP-FACTS-3  bikes: ")
    assert also.startswith("MCP-FACTS-3  bikes: ")
    assert "ask support in #ask-bikes" in left


def test_a_check_of_everything_takes_little(checked: Checked) -> None:
    assert checked.cpu < MOST_CPU


@pytest.mark.parametrize(
    ("server", "why"),
    [
        ("broken", "No module named 'nothing_of_that_name'"),
        ("hasty", "not today"),
        ("silent", "it ended without a word"),
    ],
)
def test_code_that_can_not_be_loaded_is_a_finding_and_spoils_no_other_server(
    lines: Sequence[str], server: str, why: str
) -> None:
    (line,) = of(lines, server)
    assert line.startswith("MCP-FACTS-2")
    assert why in line


def test_a_name_that_no_server_has_is_answered_with_those_there_are(clone: Clone) -> None:
    with pytest.raises(Unusable, match="bikes, broken"):
        checking.chosen(clone, "../presto")
