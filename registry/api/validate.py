"""Is this still the server that was registered, and is this its address?"""

from fastapi import APIRouter
from pydantic import BaseModel

from platform_core.policy.artefact import Environment, Name
from registry.api.caller import Caller
from registry.api.environment import InEnvironment
from registry.parts import PartsHere
from registry.refused import unknown_server
from registry.store.health import State
from registry.store.standing import Standing

router = APIRouter()


class Validity(BaseModel):
    valid: bool
    reason: str
    server: str
    environment: Environment
    url: str | None
    """The only right address, where the server is registered."""
    version: str | None
    status: State | None


@router.get("/api/validate")
async def validate(
    _: Caller,
    parts: PartsHere,
    environment: InEnvironment,
    server: Name,
    url: str | None = None,
    version: str | None = None,
) -> Validity:
    """Check what a client believes about a server before it connects."""
    right_url = parts.url_of(environment, server)
    standing = await parts.present.one(environment, server)
    fault = (
        unknown_server(server, environment).detail
        if standing is None
        else _closed(standing, parts.clock()) or _differs(standing, right_url, url, version)
    )
    return Validity(
        valid=fault is None,
        reason=fault or "registered here, under a signed policy, at this address",
        server=server,
        environment=environment,
        url=right_url if standing else None,
        version=standing.version if standing else None,
        status=standing.health.state if standing else None,
    )


def _closed(standing: Standing, now: float) -> str | None:
    artefact = standing.artefact
    if standing.withdrawn:
        return "the server has been taken down"
    if standing.suspended:
        return f"the server is suspended: {standing.suspended.reason}"
    if artefact is None:
        return "the server has no signed policy in force yet"
    if artefact.contract_digest != standing.contract_digest:
        return "the server has changed what it promises since its policy was made"
    return "the server's policy has expired" if now >= artefact.not_after else None


def _differs(standing: Standing, right_url: str, url: str | None, version: str | None) -> str | None:
    if url is not None and url != right_url:
        return f"the address is not this server's, which is {right_url}"
    if version is not None and version != standing.version:
        return f"version {version} is not in force, {standing.version} is"
    return None
