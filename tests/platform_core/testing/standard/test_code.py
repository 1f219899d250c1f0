"""What only the code gives away is found too: annotations, the cost of the list, text out of data."""

from dataclasses import replace
from typing import Any

import pytest
from mcp.types import ToolAnnotations
from pydantic import BaseModel

from deploy.seed.server import server as seed
from platform_core import Cell, Untrusted
from platform_core.testing.standard.finding import Finding, Written
from platform_core.testing.standard.run import as_written, findings_of_code, findings_of_server
from tests.platform_core.shop.server import server as shop


class Plain(BaseModel):
    text: str


class Counted(BaseModel):
    rows: int
    share: float | None


class Marked(BaseModel):
    note: str
    found: list[Untrusted]


class Told(BaseModel):
    rows: list[list[Cell]]

    def as_text(self) -> list[str | Untrusted]:
        return [Untrusted(str(self.rows))]


class Nested(BaseModel):
    inside: "Nested | None"
    parts: list[Plain]


async def returning(kind: Any, data_class: str = "restricted") -> list[Finding]:
    """What is found of the seed, where its tool returned `kind` out of data of that class."""

    async def greet() -> None: ...

    greet.__annotations__["return"] = kind
    written = await as_written(seed)
    tool = written.registration.contract.tools["greet"].model_copy(update={"data_class": data_class})
    contract = written.registration.contract.model_copy(update={"tools": {"greet": tool}})
    said = written.registration.model_copy(update={"contract": contract})
    return findings_of_code(replace(written, registration=said, functions={"greet": greet}))


@pytest.mark.parametrize("kind", [str, Plain, Nested])
async def test_text_of_restricted_data_that_is_not_marked_is_found(kind: type) -> None:
    (finding,) = await returning(kind)
    assert (finding.clause, "Untrusted" in finding.how) == ("MCP-DATA-1", True)


@pytest.mark.parametrize("kind", [Untrusted, Marked, Told, Counted])
async def test_marked_text_and_mere_numbers_are_well(kind: type) -> None:
    assert await returning(kind) == []


async def test_a_server_s_own_words_need_no_mark() -> None:
    assert await returning(str, "internal") == []


@pytest.mark.parametrize("hints", [None, ToolAnnotations(read_only_hint=False, destructive_hint=True)])
async def test_annotations_that_say_otherwise_than_the_risk_are_found(hints: ToolAnnotations | None) -> None:
    written = await as_written(seed)
    (finding,) = findings_of_code(_listing(written, annotations=hints))
    assert (finding.clause, finding.who) == ("MCP-TEXT-1", "the platform team")


async def test_a_list_that_costs_too_much_is_found() -> None:
    written = await as_written(seed)
    (finding,) = findings_of_code(_listing(written, description="x" * 10_000))
    assert finding.clause == "MCP-BUDGET-2"
    assert "about 26" in finding.what


async def test_a_server_that_breaks_clauses_is_told_of_each() -> None:
    clauses = {finding.clause for finding in await findings_of_server(shop)}
    assert clauses == {"MCP-APPROVAL-1", "MCP-AUTH-2", "MCP-DATA-1"}


async def test_a_server_whose_tools_ask_is_listed_without_asking_anybody() -> None:
    from servers.presto.server import server as presto

    written = await as_written(presto)
    assert {tool.name for tool in written.listed} == set(written.functions) == set(presto.manifest.tools)


def _listing(written: Written, **changed: Any) -> Written:
    return replace(written, listed=[tool.model_copy(update=changed) for tool in written.listed])
