"""The page of one server or experiment: what it can do, whether you may, how to connect, and how it is."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from platform_core.policy.artefact import Environment, Name
from registry.pages.home_rows import highest_class
from registry.pages.look import page
from registry.pages.open_to import access
from registry.pages.session import Reader
from registry.pages.state import health, life
from registry.parts import Parts, PartsHere
from registry.refused import unknown_server
from registry.roles import has_role
from registry.store import totals, turned_away
from registry.store.sessions import SignedIn
from registry.verdict import how_to_ask

router = APIRouter(default_response_class=Response)


def _place(request: Request) -> Environment:
    """Production has servers, dev has experiments: an address says which, and never both."""
    return "dev" if request.url.path.startswith("/experiments/") else "production"


Place = Annotated[Environment, Depends(_place)]


@router.get("/servers/{name}")
@router.get("/experiments/{name}")
async def tools(request: Request, parts: PartsHere, reader: Reader, environment: Place, name: Name) -> Response:
    """Show the tools."""
    return page(request, "server.html", **await _shown(parts, reader, environment, name))


@router.get("/servers/{name}/connect")
@router.get("/experiments/{name}/connect")
async def connect(request: Request, parts: PartsHere, reader: Reader, environment: Place, name: Name) -> Response:
    """Show how to connect."""
    shown = await _shown(parts, reader, environment, name)
    url, option = parts.url_of(environment, name), " --env dev" if environment == "dev" else ""
    mcp_json = _mcp_json(name, url, f"seedbed headers {name}{option}")
    return page(request, "connect.html", url=url, option=option, mcp_json=mcp_json, **shown)


async def _shown(parts: Parts, reader: SignedIn, environment: Environment, name: str) -> dict[str, Any]:
    parts.base_of(environment)
    now = parts.clock()
    async with parts.database.reading() as connection:
        standing = await parts.standings.one(connection, environment, name)
        recent = await totals.recent(connection, environment, name, now=now)
        at_the_proxy = await turned_away.count(connection, environment, name, now=now)
    if standing is None:
        raise unknown_server(name, environment)
    return {
        "environment": environment,
        "place": f"/{'experiments' if environment == 'dev' else 'servers'}/{name}",
        "standing": standing,
        "access": access(standing, reader.person, now=now),
        "life": life(standing, now=now),
        "health": health(standing),
        "how_to_ask": how_to_ask(standing),
        "data_class": highest_class(standing),
        "schemas": {tool: _schemas(promise) for tool, promise in standing.contract.tools.items()},
        "recent": recent,
        "at_the_proxy": at_the_proxy,
        "operator": has_role(parts, reader.person, "operator"),
    }


def _schemas(promise: Any) -> dict[str, str]:
    schemas = {"Takes": promise.input, "Gives": promise.output}
    return {word: json.dumps(schema, indent=2, ensure_ascii=False) for word, schema in schemas.items() if schema}


def _mcp_json(name: str, url: str, helper: str) -> str:
    return json.dumps({"mcpServers": {name: {"type": "http", "url": url, "headersHelper": helper}}}, indent=2)
