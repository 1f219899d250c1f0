"""The first page: what is approved for production, then experiments apart; how each is, and whether you can use it."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from platform_core.auth.principal import Principal
from registry.pages.home_found import found
from registry.pages.home_rows import PAGE, Row, Section, row
from registry.pages.look import page
from registry.pages.open_to import access
from registry.pages.session import Reader
from registry.pages.state import EXPERIMENT, LIVE, life
from registry.parts import Parts, PartsHere
from registry.store import deprecations, impact
from registry.store.deprecations import Deprecated
from registry.store.impact import Figures
from registry.store.present import Snapshot
from registry.store.search import words_of
from registry.store.standing import Standing

router = APIRouter(default_response_class=Response)

Show = Literal["live", "mine", "unwell", "waiting", "experiments"]
PEEK = 10
"""How many of a section are shown below the live servers."""


@router.get("/")
@router.get("/servers")
async def home(
    request: Request,
    parts: PartsHere,
    reader: Reader,
    q: Annotated[str, Query(max_length=400)] = "",
    show: Show = "live",
    team: Annotated[str, Query(max_length=400)] = "",
    page_number: Annotated[int, Query(alias="page", ge=1, le=10_000)] = 1,
) -> Response:
    """List the servers, or what words find among them."""
    if words_of(q):
        return page(request, "home.html", q=q, found=await found(parts, reader.person, q))
    sections = await _sections(parts, reader.person, show, team, page_number)
    shown: dict[str, Any] = dict(sections) | {"show": show, "team": team, "month": impact.month_of(parts.clock())}
    return page(request, "home.html", q="", found=None, **shown)


async def _sections(parts: Parts, person: Principal, show: Show, team: str, number: int) -> dict[str, Section]:
    now, first = parts.clock(), show if show in ("waiting", "experiments") else "live"
    lists = _sorted_out([await parts.present.of(name) for name in parts.bases], now, team)
    lists["live"] = _narrowed(lists["live"], show, person, now)
    async with parts.database.reading() as connection:
        figures = await impact.by_server(connection, "production", (impact.month_of(now),))
        ending = await deprecations.all_of_them(connection)
    sections: dict[str, Section] = {}
    for name in lists if first == "live" else (first,):
        start = (number - 1) * PAGE if name == first else 0
        stretch = lists[name][start : start + (PAGE if name == first else PEEK)]
        rows = [_row(each, person, now, figures, ending) for each in stretch]
        sections[name] = Section(rows=rows, start=start, total=len(lists[name]), number=number)
    return sections


def _sorted_out(snapshots: list[Snapshot], now: float, team: str) -> dict[str, list[Standing]]:
    """What is live, what waits and what is tried out; of one team, where one is named."""
    lists: dict[str, list[Standing]] = {"live": [], "waiting": [], "experiments": []}
    for standing in (each for shown in snapshots for each in shown.listed if team in ("", each.manifest.owner)):
        said = life(standing, now=now)
        lists["live" if said == LIVE else "experiments" if said == EXPERIMENT else "waiting"].append(standing)
    return lists


def _narrowed(live: list[Standing], show: Show, person: Principal, now: float) -> list[Standing]:
    if show == "mine":
        return [each for each in live if access(each, person, now=now, tools=()).server.yes]
    return [each for each in live if each.health.state != "healthy"] if show == "unwell" else live


def _row(
    standing: Standing, person: Principal, now: float, figures: dict[str, Figures], ending: Mapping[str, Deprecated]
) -> Row:
    if standing.environment == "dev":
        return row(standing, person, now=now)
    name = standing.name
    return row(standing, person, now=now, figures=figures.get(name, Figures()), deprecated=ending.get(name))
