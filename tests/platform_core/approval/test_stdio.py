"""An experiment on a terminal asks by form; a client that can't show one is refused by what it lacks."""

import os
import sys
from pathlib import Path

import pytest
from mcp import Client, StdioServerParameters

from tests.platform_core.approval.asking import MUCH, PULL, says, says_yes
from tests.platform_core.visits import Era, both_eras, told


def garden_in(book: Path) -> StdioServerParameters:
    quiet = {name: value for name, value in os.environ.items() if not name.startswith("SEEDBED_")}
    program = ["-m", "tests.servers.garden", "--stdio"]
    return StdioServerParameters(command=sys.executable, args=program, env=quiet | {"SEEDBED_GARDEN_BOOK": str(book)})


@both_eras
async def test_the_terminal_is_asked_by_form(era: Era, tmp_path: Path) -> None:
    book, client = tmp_path / "book", says_yes()
    async with Client(garden_in(book), mode=era, elicitation_callback=client) as visit:
        for tool, arguments in (("pull_up", PULL), ("water", MUCH)):
            assert not (await visit.call_tool(tool, arguments)).is_error
    assert len(client.questions) == 2
    assert len(book.read_text().splitlines()) == 2


@both_eras
async def test_without_a_form_or_a_yes_nothing_runs(era: Era, tmp_path: Path) -> None:
    book = tmp_path / "book"
    async with Client(garden_in(book), mode=era, elicitation_callback=says("decline")) as visit:
        assert (await visit.call_tool("pull_up", PULL)).is_error
    with pytest.raises(BaseException) as refused:  # noqa: PT011  # the client wraps it in groups, by era
        async with Client(garden_in(book), mode=era) as visit:
            await visit.call_tool("pull_up", PULL)
    error = told(refused.value).error
    assert (error.code, "elicitation" in error.message) == (-32021, True)
    assert not book.exists()
