"""The page of one server: what it can do, whether you may, how to connect, and how it is."""

import json
from typing import Any

from fastapi import APIRouter, Request, Response

from platform_core.policy.artefact import Name
from registry.pages.home import highest_class
from registry.pages.look import page
from registry.pages.open_to import access
from registry.pages.session import Reader
from registry.pages.state import health, life
from registry.parts import Parts, PartsHere
from registry.refused import unknown_server
from registry.store import totals
from registry.store.sessions import SignedIn
from registry.verdict import how_to_ask

router = APIRouter(prefix="/servers", default_response_class=Response)


@router.get("/{name}")
async def tools(request: Request, parts: PartsHere, reader: Reader, name: Name) -> Response:
    """Show the tools."""
    return page(request, "server.html", **await _shown(parts, reader, name))


@router.get("/{name}/connect")
async def connect(request: Request, parts: PartsHere, reader: Reader, name: Name) -> Response:
    """Show how to connect."""
    url = parts.url_of(name)
    return page(request, "connect.html", url=url, mcp_json=_mcp_json(name, url), **await _shown(parts, reader, name))


async def _shown(parts: Parts, reader: SignedIn, name: str) -> dict[str, Any]:
    environment, now = parts.platform.environment, parts.clock()
    async with parts.database.reading() as connection:
        standing = await parts.standings.one(connection, environment, name)
        recent = await totals.recent(connection, environment, name, now=now)
    if standing is None:
        raise unknown_server(name, environment)
    return {
        "standing": standing,
        "access": access(standing, reader.person, now=now),
        "life": life(standing, now=now),
        "health": health(standing),
        "how_to_ask": how_to_ask(standing),
        "data_class": highest_class(standing),
        "schemas": {tool: _schemas(promise) for tool, promise in standing.contract.tools.items()},
        "recent": recent,
    }


def _schemas(promise: Any) -> dict[str, str]:
    schemas = {"Takes": promise.input, "Gives": promise.output}
    return {word: json.dumps(schema, indent=2, ensure_ascii=False) for word, schema in schemas.items() if schema}


def _mcp_json(name: str, url: str) -> str:
    entry = {"type": "http", "url": url, "headersHelper": f"seedbed headers {name}"}
    return json.dumps({"mcpServers": {name: entry}}, indent=2)
