"""What the ecosystem does for people: servers, tools, calls, people, errors, refusals and the time that it saves."""

from typing import Literal

from fastapi import APIRouter, Request, Response

from registry.pages import impact_chart
from registry.pages.look import page
from registry.pages.open_to import SURFACES
from registry.pages.session import Reader
from registry.pages.state import LIVE, life
from registry.parts import PartsHere
from registry.store import impact

router = APIRouter(default_response_class=Response)

Period = Literal["now", "last", "year"]
YEAR = 12
MOST_ROWS = 50


@router.get("/impact")
async def show(request: Request, parts: PartsHere, reader: Reader, period: Period = "now") -> Response:
    """Show the numbers of production for this month, the last one, or twelve."""
    now = parts.clock()
    year = impact.months_to(impact.month_of(now), YEAR)
    months = {"now": year[-1:], "last": year[-2:-1], "year": year}[period]
    listed = (await parts.present.of("production")).listed
    async with parts.database.reading() as connection:
        told = await impact.report(connection, "production", months)
        by_month = await impact.by_month(connection, "production", year)
    live = [each for each in listed if life(each, now=now) == LIVE]
    rules = [rule for each in live if each.artefact for rule in each.artefact.tools.values()]
    ranked = sorted(told.by_server.items(), key=lambda named: (-named[1].minutes, -named[1].calls, named[0]))
    return page(
        request,
        "impact.html",
        period=period,
        year=year,
        told=told,
        live=len(live),
        tools=len(rules),
        sensitive=sum(rule.sensitive for rule in rules),
        titles={each.name: each.manifest.title for each in listed},
        surfaces=SURFACES,
        rows=ranked[:MOST_ROWS],
        more=max(0, len(ranked) - MOST_ROWS),
        most=max((each.minutes for each in told.by_server.values()), default=0.0),
        charts=[impact_chart.calls(by_month), impact_chart.hours(by_month)],
    )
