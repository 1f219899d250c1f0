"""The page of one server or experiment: what it can do, whether you may, how to connect, and how it is."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from platform_core.policy.artefact import Environment, Name
from registry.exposure import exposure
from registry.pages.connect import clients
from registry.pages.home_rows import highest_class
from registry.pages.look import page
from registry.pages.open_to import access
from registry.pages.server_posture import posture
from registry.pages.server_tools import stretch
from registry.pages.session import Reader
from registry.pages.state import health, life
from registry.parts import Parts, PartsHere
from registry.refused import unknown_server
from registry.roles import has_role, looks_behind
from registry.store import deprecations, drift, totals, turned_away
from registry.store.sessions import SignedIn
from registry.verdict import how_to_ask

router = APIRouter(default_response_class=Response)


async def _place(request: Request) -> Environment:
    """Production has servers, dev has experiments: an address says which, and never both."""
    return "dev" if request.url.path.startswith("/experiments/") else "production"


Place = Annotated[Environment, Depends(_place)]


@router.get("/servers/{name}")
@router.get("/experiments/{name}")
async def tools(
    request: Request, parts: PartsHere, reader: Reader, environment: Place, name: Name, tool: str | None = None
) -> Response:
    """Show the tools; those around `tool`, where there are many."""
    return page(request, "server.html", **await _shown(parts, reader, environment, name, tool))


@router.get("/servers/{name}/connect")
@router.get("/experiments/{name}/connect")
async def connect(request: Request, parts: PartsHere, reader: Reader, environment: Place, name: Name) -> Response:
    """Show how to connect."""
    shown = await _shown(parts, reader, environment, name)
    url, option = parts.url_of(environment, name), " --env dev" if environment == "dev" else ""
    ways = clients(name, url, environment)
    return page(request, "connect.html", url=url, option=option, clients=ways, **shown)


async def _shown(
    parts: Parts, reader: SignedIn, environment: Environment, name: str, tool: str | None = None
) -> dict[str, Any]:
    parts.base_of(environment)
    now, standing = parts.clock(), await parts.present.one(environment, name)
    if standing is None:
        raise unknown_server(name, environment)
    async with parts.database.reading() as connection:
        recent = await totals.recent(connection, environment, name, now=now)
        at_the_proxy = await turned_away.count(connection, environment, name, now=now)
        reviewed = await posture(connection, standing)
        ending = await deprecations.all_of_them(connection)
        differs = await drift.of(connection, environment, name)
    tools, behind = stretch(standing, tool), looks_behind(parts, reader.person, standing.manifest)
    return {
        "environment": environment,
        "place": f"/{'experiments' if environment == 'dev' else 'servers'}/{name}",
        "standing": standing,
        "access": access(standing, reader.person, now=now, tools=[each.name for each in tools.tools]),
        "life": life(standing, now=now),
        "health": health(standing),
        "how_to_ask": how_to_ask(standing),
        "data_class": highest_class(standing),
        "tools": tools,
        "posture": reviewed,
        "deprecated": ending.get(name) if environment == "production" else None,
        "exposure": exposure(standing.contract),
        "differs": differs is not None and behind,
        "behind": behind,
        "recent": recent,
        "at_the_proxy": at_the_proxy,
        "operator": has_role(parts, reader.person, "operator"),
    }
