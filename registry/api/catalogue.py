"""What the caller may use: servers they may open, and exactly the tools they may call."""

import json
from datetime import UTC, datetime

from fastapi import APIRouter, Response
from pydantic import BaseModel, TypeAdapter

from platform_core.auth.principal import Principal
from platform_core.policy.artefact import DataClass, Environment, Risk
from registry.api.caller import Caller
from registry.api.environment import InEnvironment
from registry.audience import Usable
from registry.parts import Parts, PartsHere
from registry.store.health import State
from registry.store.standing import Standing
from registry.verdict import OPEN, how_to_ask, verdict

router = APIRouter()


class UsableTool(BaseModel):
    name: str
    description: str
    risk: Risk
    data_class: DataClass


class UsableServer(BaseModel):
    name: str
    title: str
    summary: str
    url: str
    owner: str
    channels: tuple[str, ...]
    status: State
    checked_at: datetime | None
    tools: list[UsableTool]


class Catalogue(BaseModel):
    person: str
    surface: str
    environment: Environment
    servers: list[UsableServer]
    why_empty: str | None
    """Why there is nothing, and whom to ask; only where there is nothing."""


_servers = TypeAdapter(list[UsableServer])


@router.get("/api/catalog", response_model=Catalogue)
async def catalogue(who: Caller, parts: PartsHere, environment: InEnvironment) -> Response:
    """Say what the caller may use from here, now."""
    now = parts.clock()
    offer = await parts.audiences.offer(environment, who, now=now)
    why = None if offer.names else why_empty(offer.snapshot.listed, who, environment, now=now)
    # The list is the large part, and the same for many people.
    listed = offer.written(lambda usable: _servers.dump_json([_row(parts, each) for each in usable]).decode())
    rest = {"person": who.subject, "surface": who.surface, "environment": environment, "why_empty": why}
    return Response(f'{json.dumps(rest)[:-1]}, "servers": {listed}}}', media_type="application/json")


def _row(parts: Parts, usable: Usable) -> UsableServer:
    standing, manifest, promises = usable.standing, usable.standing.manifest, usable.standing.contract.tools
    health = standing.health
    return UsableServer(
        name=manifest.name,
        title=manifest.title,
        summary=manifest.summary,
        url=parts.url_of(standing.environment, manifest.name),
        owner=manifest.owner,
        channels=manifest.channels,
        status=health.state,
        checked_at=datetime.fromtimestamp(health.checked_at, UTC) if health.checked_at else None,
        tools=[
            UsableTool(
                name=name,
                description=promises[name].description,
                risk=promises[name].risk,
                data_class=promises[name].data_class,
            )
            for name in usable.tools
        ],
    )


def why_empty(standings: list[Standing], who: Principal, environment: Environment, *, now: float) -> str:
    """One paragraph for a person whose list is empty."""
    if not standings:
        return f"No server is registered in {environment} yet."
    shown = [f"{verdict(each, who, OPEN, now=now).reason}; {how_to_ask(each)}" for each in standings[:5]]
    more = f" And {len(standings) - 5} more." if len(standings) > 5 else ""
    return f"None of the {len(standings)} servers of {environment} is open to {who.subject}: {'. '.join(shown)}.{more}"
