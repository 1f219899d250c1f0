"""The guide "Your first server in ten minutes" is true: its commands run, and its author types little."""

import shlex
from collections.abc import Iterator
from difflib import unified_diff
from pathlib import Path

import pytest

from tests.repo.snippets import snippets
from tests.repo.tree import ROOT
from tests.surfaces.cli.authoring.checkout import Checkout, Done

GUIDE = "docs/guides/first-server.md"
AS_ITS_AUTHOR_LEAVES_IT = ROOT / "tests/deploy/seed_bikes"
PLACES = ("servers/bikes", "tests/servers/bikes")
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
    done = clone.seedbed(*new)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def typed(begun: Done, clone: Checkout) -> int:
    """The author follows the guide; how many lines that takes."""
    before = {place: _texts(clone.root / place) for place in PLACES}
    for name in ("server.py", "server.yaml"):
        _type(clone.root / "servers/bikes" / name, name)
    _type(clone.root / "tests/servers/bikes/test_server.py", "test_server.py")
    return sum(_lines_typed(before[place], _texts(clone.root / place)) for place in PLACES)


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


def _type(target: Path, name: str) -> None:
    text = (AS_ITS_AUTHOR_LEAVES_IT / name).read_text("utf-8").replace("tests.deploy.seed_bikes", "servers.bikes")
    target.write_text(text, "utf-8")


def _texts(folder: Path) -> dict[str, list[str]]:
    return {file.name: file.read_text("utf-8").splitlines() for file in folder.iterdir() if file.is_file()}


def _lines_typed(before: dict[str, list[str]], after: dict[str, list[str]]) -> int:
    """Lines that are new or other than they were."""
    return sum(
        line.startswith("+") and not line.startswith("+++")
        for name, lines in after.items()
        for line in unified_diff(before.get(name, []), lines, n=0)
    )
