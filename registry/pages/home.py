"""The first page: what is approved for production, then experiments apart; how each is, and whether you can use it."""

from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from platform_core.auth.principal import Principal
from registry.pages.look import page
from registry.pages.open_to import Access, access
from registry.pages.session import Reader
from registry.pages.state import EXPERIMENT, LIVE, Said, health, life
from registry.parts import PartsHere
from registry.store.standing import Standing
from registry.verdict import how_to_ask

router = APIRouter(default_response_class=Response)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One server in a list."""

    standing: Standing
    access: Access
    life: Said
    health: Said
    how_to_ask: str
    data_class: str


@router.get("/")
@router.get("/servers")
async def home(request: Request, parts: PartsHere, reader: Reader) -> Response:
    """List the servers."""
    now = parts.clock()
    async with parts.database.reading() as connection:
        registered = [each for name in parts.bases for each in await parts.standings.all(connection, name)]
    rows = [_row(standing, reader.person, now) for standing in registered]
    return page(
        request,
        "home.html",
        live=[row for row in rows if row.life == LIVE],
        experiments=[row for row in rows if row.life == EXPERIMENT],
        waiting=[row for row in rows if row.life not in (LIVE, EXPERIMENT)],
    )


def _row(standing: Standing, person: Principal, now: float) -> Row:
    return Row(
        standing=standing,
        access=access(standing, person, now=now),
        life=life(standing, now=now),
        health=health(standing),
        how_to_ask=how_to_ask(standing),
        data_class=highest_class(standing),
    )


def highest_class(standing: Standing) -> str:
    """The most guarded class of data that a tool of the server shows."""
    classes = {promise.data_class for promise in standing.contract.tools.values()}
    return next((name for name in ("restricted", "internal", "public") if name in classes), "public")
