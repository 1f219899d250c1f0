"""The guide "Your first server in ten minutes" is true: its commands run, and its author types little."""

import pytest

from tests.surfaces.cli.authoring.author import PLACES, write_the_tool
from tests.surfaces.cli.authoring.checkout import Checkout, Done
from tests.surfaces.cli.authoring.guide import commands

MOST_TYPED = 70
RULES = "tests/repo/test_members.py"


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A clone in which one author works."""
    clone = Checkout.copied(tmp_path_factory.mktemp("clone"))
    clone.git("init", "-q")
    return clone


@pytest.fixture(scope="module")
def begun(clone: Checkout) -> Done:
    """`seedbed new`, as the guide has it, typed somewhere in the clone."""
    (new,) = [words for words in commands() if words[0] == "new"]
    return clone.seedbed(*new, folder="docs")


@pytest.fixture(scope="module")
def typed(begun: Done, clone: Checkout) -> int:
    """The author follows the guide; how many lines that takes."""
    assert begun.returncode == 0, begun.stdout + begun.stderr
    return write_the_tool(clone)


def test_a_new_server_is_tested_and_its_author_told_what_is_next(begun: Done) -> None:
    assert begun.returncode == 0, begun.stdout + begun.stderr
    assert "3 passed" in begun.stdout
    *steps, last = [line.split() for line in begun.stdout.partition("Next:")[2].splitlines() if line]
    assert [step[0] for step in steps] == ["1.", "2.", "3."]
    assert {"`seedbed", "submit", "servers.bikes"} <= set(last)


def test_a_server_of_one_tool_is_at_most_seventy_lines_of_typing(typed: int) -> None:
    assert 20 < typed <= MOST_TYPED


@pytest.mark.usefixtures("typed")
def test_the_standard_is_kept_after_the_guide(clone: Checkout) -> None:
    (check,) = [words for words in commands() if words[0] == "check"]
    checked = clone.seedbed(*check)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert checked.stdout == "bikes: every clause is kept that a program can check.\n"


@pytest.mark.usefixtures("typed")
def test_its_tests_pass_and_the_repository_keeps_its_rules_with_it(clone: Checkout) -> None:
    (tests,) = commands(".venv/bin/pytest")
    tested = clone.python("-m", "pytest", "-q", *tests, RULES)
    assert tested.returncode == 0, tested.stdout
    for rule in (["check"], ["format", "--check"]):
        styled = clone.python("-m", "ruff", *rule, *PLACES)
        assert styled.returncode == 0, styled.stdout
