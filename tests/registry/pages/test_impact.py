"""The page and the API of the numbers say the same, and what they say stands on."""

from typing import Any

import pytest

from registry.pages import impact_chart
from registry.pages.impact_chart import BASE, ROOM
from registry.store.impact import Figures, month_of, months_to
from tests.registry.pages.reading import page_for, read
from tests.registry.records import entry
from tests.registry.stage import Registry

SERVICE: dict[str, Any] = {
    "surface": "service", "user": None, "workload": "spiffe://seedbed.internal/production/service/nightly",
}  # fmt: skip


async def some_calls(registry: Registry) -> None:
    await registry.make_live("presto")
    calls = [entry(number, user=f"p-{number % 7}", minutes=60) for number in range(100)]
    ends = [
        entry("e", outcome="tool_error"),
        entry("d", outcome="denied"),
        entry("g", outcome="denied", method="connect"),
    ]
    services = [entry(f"s-{number}", **SERVICE) for number in range(5)]
    (await registry.platform.post("/api/invocations", json=[*calls, *ends, *services])).raise_for_status()
    refusal: dict[str, Any] = {"time": registry.parts.clock(), "environment": "production", "status": 403}
    words = {"code": "authorization_denied", "rule": "edge", "detail": "no", "server": "presto"}
    await registry.platform.post("/api/refusals", json=[refusal | words | {"id": "r"}])


async def test_the_page_shows_calls_people_errors_refusals_by_layer_and_time_as_a_span(registry: Registry) -> None:
    await some_calls(registry)
    shown = await read(registry, "ana", "/impact")
    assert "Time saved 67\N{EN DASH}130 h owners" in shown
    assert "Calls 102 by people, 100 succeeded" in shown
    assert "People 8 who called" in shown
    assert "Servers now 1 3 tools, 1 sensitive" in shown
    assert "Errors 1.0% 1 call answered isError" in shown
    assert "Refused 3 proxy 1, gate 1, policy 1" in shown
    assert "Presto 8 100 1.0% 3 60 67\N{EN DASH}130 h" in shown
    assert "By services, without a person" in shown


async def test_services_are_in_no_number_but_their_own(registry: Registry) -> None:
    await some_calls(registry)
    told = await registry.ask("/api/impact", "bo")
    assert told["services"]["presto"]["calls"] == 5
    assert told["services"]["presto"]["minutes"] == 0
    assert (told["total"]["calls"], told["total"]["minutes"]) == (102, 6000)
    assert "service" not in told["by_surface"]


async def test_the_api_says_what_the_numbers_stand_on(registry: Registry) -> None:
    await some_calls(registry)
    told = await registry.ask("/api/impact", "ana", months="2")
    assert told["months"] == list(months_to(month_of(registry.parts.clock()), 2))
    assert told["by_server"]["presto"]["denied"] == {"proxy": 1, "gate": 1, "policy": 1}
    assert (round(told["total"]["hours_low"]), round(told["total"]["hours_high"])) == (67, 133)
    assert "owners' own estimates" in told["basis"]
    assert told["by_month"][told["months"][0]]["calls"] == 0


@pytest.mark.parametrize("period", ["now", "last", "year"])
async def test_a_time_without_calls_is_an_empty_page_and_no_fault(registry: Registry, period: str) -> None:
    answer = await page_for(registry, "ana", "/impact", period=period)
    assert answer.status_code == 200
    assert "Nobody called a server in this time" in answer.text


async def test_nobody_reads_numbers_without_a_token(registry: Registry) -> None:
    assert (await registry.public.get("/api/impact")).status_code == 401


def test_a_plot_begins_at_nothing_and_has_at_most_three_rules() -> None:
    for most in (1, 3, 7, 41_720, 2_000_000):
        chart = impact_chart.calls({"2026-10": Figures(ok=most), "2026-11": Figures(ok=0)})
        assert 1 <= len(chart.rules) <= 3
        assert chart.bars[0].top == BASE - ROOM
        assert chart.bars[0].top + chart.bars[0].height == BASE
        assert [bar.kind for bar in chart.bars] == ["b now", "part"]


def test_a_plot_says_its_trend_to_who_does_not_see_it() -> None:
    chart = impact_chart.hours({"2026-10": Figures(minutes=6000), "2026-11": Figures(minutes=12_000)})
    assert chart.says.endswith("October 2026 to November 2026: from 67 to 130 h to 130 to 270 h")
