"""`seedbed check` says in one line a finding which clause is broken, how to mend it and who can."""

import re

import pytest

from surfaces.cli.authoring import planting
from surfaces.cli.authoring.clone import Clone
from surfaces.cli.authoring.naming import planned
from tests.surfaces.cli.authoring.checkout import Checkout

LINE = re.compile(r"MCP-[A-Z]+-\d+  \S+: .+; .+ \[.+\]")


@pytest.fixture(scope="module")
def fresh(clone: Checkout) -> Checkout:
    """A clone with a server that is the seed under another name, and one whose code is broken."""
    for name in ("bikes", "broken"):
        planting.plant(Clone(clone.root), planned(Clone(clone.root), name, "support", "ask-bikes"))
    (clone.root / "servers/broken/server.py").write_text("import nothing_of_that_name\n", "utf-8")
    return clone


def test_every_server_of_the_clone_is_held_to_the_standard_at_once(fresh: Checkout) -> None:
    done = fresh.seedbed("check", folder="servers/presto")
    *lines, empty, more = done.stderr.strip().splitlines()
    assert (done.returncode, empty, "docs/security-standard.md" in more) == (1, "", True)
    assert [line for line in lines if not LINE.fullmatch(line)] == []
    assert [line.split(":")[0].split() for line in lines] == [
        ["MCP-FACTS-3", "bikes"],
        ["MCP-FACTS-3", "bikes"],
        ["MCP-FACTS-2", "broken"],
    ]
    assert "ask support in #ask-bikes" in lines[0]
    assert "No module named 'nothing_of_that_name'" in lines[2]


def test_one_server_can_be_checked_alone(fresh: Checkout) -> None:
    done = fresh.seedbed("check", "seed")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "seed: every clause is kept that a program can check.\n"


def test_a_name_that_no_server_has_is_answered_with_those_there_are(fresh: Checkout) -> None:
    done = fresh.seedbed("check", "../presto")
    assert (done.returncode, "bikes, broken" in done.stderr) == (2, True)
