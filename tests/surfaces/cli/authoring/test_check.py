"""`seedbed check` says in one line a finding which clause is broken, how to mend it and who can."""

import re
from collections.abc import Iterator, Sequence

import pytest

from surfaces.cli.authoring import checking, commands, planting
from surfaces.cli.authoring.clone import Clone
from surfaces.cli.authoring.naming import planned
from surfaces.cli.failures import Failed, Unusable
from tests.surfaces.cli.authoring.checkout import Checkout

LINE = re.compile(r"MCP-[A-Z]+-\d+  \S+: .+; .+ \[.+\]")
PARTS = ("platform_core/", "deploy/seed/", "tests/deploy/seed/")


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
def lines(clone: Clone) -> Sequence[str]:
    """What a check of everything says."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(clone.root / "servers/bikes")
        with pytest.raises(Failed) as found:
            commands.check()
    return str(found.value).splitlines()


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
