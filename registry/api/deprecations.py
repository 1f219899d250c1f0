"""A live server that is to be used no more."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from platform_core.policy.artefact import Name
from registry.api.caller import Caller
from registry.api.reviews import for_owners
from registry.parts import PartsHere
from registry.refused import unknown_server
from registry.reviews.submission import ENVIRONMENT
from registry.store.deprecations import Deprecated

router = APIRouter()


class Deprecate(BaseModel):
    """That a server is to be used no more."""

    model_config = ConfigDict(extra="forbid")

    successor: Name | None = None
    ends: AwareDatetime
    """When it stops working: no later than its policy, whatever is said here."""
    reason: Annotated[str, Field(min_length=1, max_length=300)]


@router.post("/api/servers/{server}/deprecation")
async def deprecate(who: Caller, parts: PartsHere, server: Name, asked: Deprecate) -> dict[str, str | None]:
    """Deprecate a live server: its owners and operators may."""
    async with parts.database.reading() as connection:
        standing = await parts.standings.one(connection, ENVIRONMENT, server)
    if standing is None:
        raise unknown_server(server, ENVIRONMENT)
    await for_owners(parts, who, standing.manifest)
    said = Deprecated(
        server=server, successor=asked.successor, ends_at=asked.ends.timestamp(), reason=asked.reason,
        said_by=who.subject, said_at=parts.clock(),
    )  # fmt: skip
    await parts.reviews.deprecate(said)
    return {"server": server, "successor": asked.successor, "ends": asked.ends.isoformat()}
