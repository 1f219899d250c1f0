"""A newcomer finds servers, tools and teams, and is told of each whether it is open to them and whom to ask."""

from typing import Any

import pytest

from registry.pages.words import day
from registry.store import deprecations, notices
from registry.store.deprecations import Deprecated
from registry.store.notices import Audience
from tests.registry.pages.reading import links, page_for, read
from tests.registry.records import entry
from tests.registry.stage import TOOLS, Registry, registration


async def add(registry: Registry, name: str, *, version: int = 1, **changed: Any) -> None:
    """A server of another name, that does what the smallest does."""
    said = registration("seed", name=name, **changed)
    said = said.model_copy(update={"contract": said.contract.model_copy(update={"server": name})})
    (await registry.register(said)).raise_for_status()
    (await registry.put(registry.signer.policy(said, version=version))).raise_for_status()


REVENUE = TOOLS["seed"]["greet"].model_copy(update={"description": "Reviewed revenue figures by day.\n\nAll stores."})


@pytest.mark.parametrize("query", ["REVENUE", "get_revenue_metrics", "who can query revenue", "reven stores"])
async def test_a_newcomer_finds_the_tool_that_answers_a_question(registry: Registry, query: str) -> None:
    await registry.make_live("seed")
    await add(registry, "figures", title="Figures", tools={"get_revenue_metrics": REVENUE})
    shown = await read(registry, "ana", "/", q=query)
    assert "1 among servers, tools and teams" in shown
    assert shown.index("metrics") < shown.index("tool of Figures") < shown.index("Platform")
    [place] = [link for link in await links(registry, "ana", "/", q=query) if "tool=" in link]
    assert "get_revenue_metrics" in await read(registry, "ana", place.partition("#")[0])


@pytest.mark.parametrize(
    ("query", "kind"), [("Data Platform", "team"), ("#ask-presto", "server"), ("presto", "server")]
)
async def test_servers_are_found_by_team_channel_and_name(registry: Registry, query: str, kind: str) -> None:
    await registry.make_live("presto")
    assert f" {kind} " in await read(registry, "ana", "/", q=query)


async def test_what_is_found_says_to_each_whether_it_is_open_to_them(registry: Registry) -> None:
    await registry.make_live("presto")
    assert "Yes" in await read(registry, "ana", "/", q="run_query")
    assert "Not yet ask Data Platform in #ask-presto" in await read(registry, "bo", "/", q="run_query")


async def test_the_page_of_a_team_lists_its_servers_alone(registry: Registry) -> None:
    await registry.make_live("presto")
    await registry.make_live("seed")
    shown = await read(registry, "ana", "/", team="Data Platform")
    assert "1 server, 3 tools" in shown
    assert "The smallest server there is" not in shown


async def test_what_nobody_registered_is_said_to_be_nowhere(registry: Registry) -> None:
    await registry.make_live("presto")
    assert "Nothing is called “zzz”" in await read(registry, "ana", "/", q="zzz")


async def test_a_server_that_is_taken_down_or_changed_is_found_as_it_is_now(registry: Registry) -> None:
    await add(registry, "figures", title="Figures")
    assert "Figures" in await read(registry, "ana", "/", q="figures")
    await add(registry, "figures", version=2, title="Numbers")
    assert "Numbers" in await read(registry, "ana", "/", q="numbers")
    await registry.platform.delete("/api/servers/figures")
    assert "Nothing is called" in await read(registry, "ana", "/", q="numbers")


async def test_hostile_words_are_found_as_text_and_never_as_a_pattern(registry: Registry) -> None:
    evil = "<b>.*(</b>"
    await add(registry, "figures", title=evil)
    html = (await page_for(registry, "ana", "/", q=".*(")).text
    assert "&lt;b&gt;<mark>.*(</mark>&lt;/b&gt;" in html
    assert "<b>" not in html


async def test_servers_that_are_not_well_are_one_click_away(registry: Registry) -> None:
    await registry.make_live("presto")
    assert "1 server, 3 tools" in await read(registry, "ana", "/", show="unwell")


async def test_who_can_use_nothing_is_told_so(registry: Registry) -> None:
    await registry.make_live("presto")
    assert "No live server is open to you yet" in await read(registry, "carl", "/", show="mine")
    assert "Find tables" in await read(registry, "ana", "/", show="mine")


async def test_many_servers_are_shown_a_page_at_a_time(registry: Registry) -> None:
    for number in range(51):
        await add(registry, f"s-{number:02}", title=f"Server {number:02}")
    first, second = await read(registry, "ana", "/"), await read(registry, "ana", "/", page="2")
    assert "1\N{EN DASH}50 of 51" in first
    assert "Server 49" in first
    assert "Server 50" in second
    assert "Server 49" not in second


async def test_the_list_shows_who_used_a_server_and_what_it_saved_this_month(registry: Registry) -> None:
    await registry.make_live("presto")
    await registry.platform.post("/api/invocations", json=[entry(n, user=f"p-{n}", minutes=60) for n in range(30)])
    assert "restricted 30 20\N{EN DASH}40 h" in await read(registry, "ana", "/")


async def test_a_deprecated_server_says_when_it_ends_and_what_takes_its_place(registry: Registry) -> None:
    await registry.make_live("presto")
    ends = registry.parts.clock() + 30 * 86_400
    said: dict[str, Any] = {
        "reason": "nobody keeps it",
        "said_by": "mei",
        "said_at": registry.parts.clock(),
        "ends_at": ends,
    }
    async with registry.parts.database.writing() as connection:
        await deprecations.put(connection, Deprecated(server="presto", successor="seed", **said))
    assert f"Deprecated, ends {day(ends)}" in await read(registry, "ana", "/")
    shown = await read(registry, "ana", "/servers/presto")
    assert f"it ends on {day(ends)}. Nobody keeps it. Use seed instead" in shown


async def test_what_waits_for_somebody_stands_on_top_of_every_page(registry: Registry) -> None:
    async with registry.parts.database.writing() as connection:
        to = Audience("person", "ana")
        await notices.post(connection, kind="approval.waits", to=to, about="a", text="t", link="/approvals", now=1.0)
    assert "1<span" in (await page_for(registry, "ana", "/guide")).text
    assert "1<span" not in (await page_for(registry, "bo", "/guide")).text
