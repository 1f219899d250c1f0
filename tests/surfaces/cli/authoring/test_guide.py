"""The guide "Your first server in ten minutes" is true: its commands run, and its author types little."""

import shlex
from collections.abc import Iterator

import pytest

from tests.repo.snippets import snippets
from tests.surfaces.cli.authoring.author import PLACES, write_the_tool
from tests.surfaces.cli.authoring.checkout import Checkout, Done

GUIDE = "docs/guides/first-server.md"
MOST_TYPED = 70


def commands(program: str) -> Iterator[list[str]]:
    """The words of each command of the guide that starts with `program`."""
    for snippet in snippets():
        lines = snippet.text.splitlines() if snippet.where.startswith(GUIDE) and snippet.language == "sh" else ()
        yield from (shlex.split(line)[1:] for line in lines if shlex.split(line)[0] == program)


@pytest.fixture(scope="module")
def begun(clone: Checkout) -> Done:
    """`seedbed new`, as the guide has it."""
    (new,) = [words for words in commands("seedbed") if words[0] == "new"]
    return clone.seedbed(*new)


@pytest.fixture(scope="module")
def typed(begun: Done, clone: Checkout) -> int:
    """The author follows the guide; how many lines that takes."""
    assert begun.returncode == 0, begun.stdout + begun.stderr
    return write_the_tool(clone)


def test_a_server_of_one_tool_is_at_most_seventy_lines_of_typing(typed: int) -> None:
    assert 20 < typed <= MOST_TYPED


@pytest.mark.usefixtures("typed")
def test_the_commands_that_follow_succeed(clone: Checkout) -> None:
    (check,) = [words for words in commands("seedbed") if words[0] == "check"]
    checked = clone.seedbed(*check)
    assert checked.returncode == 0, checked.stderr
    (tests,) = commands(".venv/bin/pytest")
    tested = clone.python("-m", "pytest", "-q", *tests)
    assert (tested.returncode, "3 passed" in tested.stdout) == (0, True)
    styled = clone.python("-m", "ruff", "check", *PLACES)
    assert styled.returncode == 0, styled.stdout
