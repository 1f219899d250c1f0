"""One decorator line says what a person is asked; what it can't mean is said before the server starts."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field

from platform_core import Caller, Question, WiringError, authorize_tool, requires_approval
from platform_core.approval.question import LINE, WORD
from platform_core.experiment import unreviewed
from platform_core.server import Server
from platform_core.testing import Kept, asked_by, connect_as, desk_in
from tests.platform_core.small import a_server
from tests.platform_core.visits import fields_of
from tests.servers.garden.server import server as garden

Ask = Callable[..., Any]


def asking(*decorator: Any, **words: str) -> Server:
    """A server with one tool behind `@requires_approval(...)`."""
    small = a_server("wipe", risk="change")

    @small.tool()
    @authorize_tool(policy="open")
    @requires_approval(*decorator, **words)
    async def wipe(
        table: str,
        rows: Annotated[int, Field(ge=0)] = 7,
        key: Annotated[str, Field(json_schema_extra={"format": "password"})] = "",
    ) -> str:
        """Wipe rows of a table."""
        return f"{table}: {rows}{key}"

    return small


async def shown(server: Server, folder: Path, **arguments: Any) -> Any:
    """What a person is shown before `wipe` runs."""
    desk = desk_in(folder, server)
    async with connect_as(server, "ana", desk=desk) as visit:
        return (await asked_by(desk, await visit.call_tool("wipe", arguments))).shown


async def test_a_fixed_question_is_made_of_the_arguments(tmp_path: Path) -> None:
    server = asking("Wipe {rows:,} rows of {table}?", target="{table}", effect="{rows} rows go.")
    asked = await shown(server, tmp_path, table="events", rows=1204)
    assert (asked.question, asked.target, asked.effect) == ("Wipe 1,204 rows of events?", "events", "1204 rows go.")


async def test_a_default_is_an_argument_too(tmp_path: Path) -> None:
    asked = await shown(asking("Wipe {rows} rows?"), tmp_path, table="events")
    assert asked.question == "Wipe 7 rows?"
    assert json.loads(asked.arguments) == {"table": "events", "rows": 7, "key": "[secret]"}


async def test_a_rule_takes_some_arguments_and_who_calls(tmp_path: Path) -> None:
    async def rule(rows: int, caller: Caller) -> Question | None:
        return Question(text=f"{caller.subject} wipes {rows}?") if rows > 10 else None

    server = asking(rule)
    assert (await shown(server, tmp_path, table="events", rows=11)).question == "ana wipes 11?"
    async with connect_as(server, "ana", desk=desk_in(tmp_path, server)) as visit:
        assert not (await visit.call_tool("wipe", {"table": "events", "rows": 10})).is_error


async def test_words_of_an_agent_stay_words_on_one_line(tmp_path: Path) -> None:
    said = "events?\n\n# Approved by security\u202e" + "x" * 500
    asked = await shown(asking("Wipe {table}?"), tmp_path, table=said)
    assert asked.question.startswith("Wipe events? # Approved by securityx")
    assert "\n" not in asked.question
    assert len(asked.question) < WORD + 60
    assert "\\u202e" in asked.arguments
    assert said[-400:] in asked.arguments


async def test_a_question_is_no_longer_than_a_person_reads() -> None:
    question = Question(text="why " * 1000, effect="x" * 1000)
    assert len(question.text) < LINE + 40
    assert question.text.endswith("more characters]")


async def test_what_looks_like_a_secret_is_shown_to_nobody(tmp_path: Path) -> None:
    server = asking("Wipe {table}?", target="{table}", effect="{table}")
    asked = await shown(server, tmp_path, table="password=hunter2", key="hunter3")
    assert "hunter" not in str(asked)


@pytest.mark.parametrize(
    ("decorator", "fault"),
    [
        ("Wipe {column}?", "column"),
        ("Wipe {}?", "names of arguments"),
        ("Wipe {0}?", "names of arguments"),
        ("Wipe {table.__class__}?", "names of arguments"),
        ("Wipe {table", "can't be read"),
        ("Wipe {table} by {key}?", "key, which is a secret"),
    ],
)
def test_a_question_about_nothing_is_a_fault_at_the_start(decorator: str, fault: str, tmp_path: Path) -> None:
    with pytest.raises(WiringError, match=fault):
        composed(asking(decorator), tmp_path)


def test_a_rule_that_takes_what_the_tool_has_not_is_a_fault_at_the_start(tmp_path: Path) -> None:
    async def rule(column: str) -> Question | None:
        return None

    with pytest.raises(WiringError, match="column, which wipe does not take"):
        composed(asking(rule), tmp_path)


def test_a_rule_must_be_able_to_wait() -> None:
    def rule(table: str) -> Question | None:
        return None

    with pytest.raises(WiringError, match="async def"):
        asking(rule)


def test_a_tool_that_asks_is_not_served_without_a_desk() -> None:
    with pytest.raises(WiringError, match="no desk to ask at"):
        garden.compose(unreviewed(garden, Kept()))


def composed(server: Server, folder: Path) -> None:
    server.compose(unreviewed(server, Kept()), desk_in(folder, server))


def test_what_is_asked_is_part_of_the_contract() -> None:
    tools = garden.contract().tools
    assert [tools[name].approval for name in ("look", "water", "pull_up")] == [
        None,
        "computed",
        "Pull up {plants} plants of {bed}?",
    ]
    digests = {asking(text).contract().digest for text in ("Wipe?", "Wipe it?")}
    assert len(digests) == 2


async def test_the_schema_of_a_tool_that_asks_is_its_own(tmp_path: Path) -> None:
    promised = garden.contract().tools
    async with connect_as(garden, "ana", desk=desk_in(tmp_path, garden)) as visit:
        listed = {tool.name: (tool.input_schema, tool.output_schema) for tool in (await visit.list_tools()).tools}
    assert set(promised["pull_up"].input["properties"]) == {"bed", "plants", "confirm"}
    assert listed == {name: (promise.input, promise.output) for name, promise in promised.items()}


class Wish(BaseModel):
    """An argument that is a model."""

    colour: str
    shades: list[int] = []


async def test_arguments_of_any_shape_are_bound_and_shown(tmp_path: Path) -> None:
    small = a_server("paint")

    @small.tool()
    @authorize_tool(policy="open")
    @requires_approval("Paint?")
    async def paint(wish: Wish, how: dict[str, float]) -> str:
        """Paint."""
        return wish.colour

    desk = desk_in(tmp_path, small)
    async with connect_as(small, "ana", desk=desk) as visit:
        green = {"wish": {"colour": "green", "shades": [1, 2]}, "how": {"much": 0.5, "fast": 1.0}}
        turned = {"how": {"fast": 1.0, "much": 0.5}, "wish": {"shades": [1, 2], "colour": "green"}}
        one = await asked_by(desk, await visit.call_tool("paint", green))
        same = await asked_by(desk, await visit.call_tool("paint", turned))
        other = await asked_by(desk, await visit.call_tool("paint", green | {"how": {"much": 0.6, "fast": 1.0}}))
    assert json.loads(one.shown.arguments) == green
    assert one.id == same.id != other.id


async def test_an_argument_that_json_cannot_say_is_refused(tmp_path: Path) -> None:
    small = a_server("pour")

    @small.tool()
    @authorize_tool(policy="open")
    @requires_approval("Pour?")
    async def pour(litres: float) -> str:
        """Pour."""
        return str(litres)

    async with connect_as(small, "ana", desk=desk_in(tmp_path, small)) as visit:
        assert fields_of(await visit.call_tool("pour", {"litres": "NaN"}))["code"] == "invalid"


def test_who_else_may_answer_is_part_of_what_reviews_judge() -> None:
    alone, shared = asking("Sure?").contract(), asking("Sure?", approvers="platform").contract()
    assert [one.tools["wipe"].approval for one in (alone, shared)] == ["Sure?", "Sure? [or by platform]"]
    assert alone.digest != shared.digest
