"""The policy of a server, as it was reviewed and signed: for those who answer for it."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel

from platform_core.policy.artefact import Environment, Name
from platform_core.policy.suspend import Suspension
from registry.api.caller import Caller
from registry.api.environment import InEnvironment
from registry.parts import PartsHere
from registry.refused import Refused, unknown_server
from registry.roles import looks_behind
from registry.store import artefacts
from registry.store.standing import Standing
from registry.verdict import how_to_ask

router = APIRouter()


class Policy(BaseModel):
    server: str
    environment: Environment
    version: int
    in_force: bool
    signed_by: str
    """Id of the key."""
    artefact: dict[str, Any]
    suspensions: list[Suspension]
    """What is closed of the server right now, whatever the policy says."""


@router.get("/api/policies/{server}")
async def policy(
    who: Caller,
    parts: PartsHere,
    environment: InEnvironment,
    server: Name,
    version: Annotated[int | None, Query(ge=1)] = None,
) -> Policy:
    """Show the policy in force, or an earlier version."""
    async with parts.database.reading() as connection:
        standing = await parts.standings.one(connection, environment, server)
        if standing is None:
            raise unknown_server(server, environment)
        if not looks_behind(parts, who, standing.manifest):
            raise _closed(standing)
        wanted = version or (standing.artefact.version if standing.artefact else 0)
        found = await artefacts.version(connection, environment, server, wanted)
    if found is None:
        detail = (
            f"{server} has no policy version {wanted} in {environment}" if wanted else f"{server} has no policy yet"
        )
        raise Refused(code="not_found", rule="registry/policy", detail=detail, server=server)
    return Policy(
        server=server,
        environment=environment,
        version=wanted,
        in_force=standing.artefact is not None and standing.artefact.version == wanted,
        signed_by=found.key,
        artefact=json.loads(found.payload),
        suspensions=[entry for entry in (standing.closed.entries if standing.closed else ()) if entry.server == server],
    )


def _closed(standing: Standing) -> Refused:
    return Refused(
        code="authorization_denied",
        rule="registry/policy-readers",
        detail="a policy names groups: it is shown to the owner's team, to reviewers, auditors and operators",
        how_to_ask=how_to_ask(standing),
        server=standing.name,
    )
