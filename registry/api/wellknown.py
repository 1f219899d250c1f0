"""Where a client that was refused learns whom to sign in with (RFC 9728). Anonymous."""

from fastapi import APIRouter, Response
from pydantic import BaseModel

from platform_core.policy.artefact import Environment, Name
from registry.parts import Parts, PartsHere
from registry.refused import unknown_server

router = APIRouter(prefix="/.well-known/oauth-protected-resource")


class ProtectedResource(BaseModel):
    resource: str
    """The very address that was asked about: clients compare."""
    authorization_servers: list[str]
    bearer_methods_supported: list[str] = ["header"]
    scopes_supported: list[str] = ["mcp"]
    resource_name: str


class Platform(ProtectedResource):
    """The platform as a whole says more than the standard asks for."""

    environments: dict[Environment, str]
    """Each environment's own URL: a client of one of them calls servers there."""


@router.get("")
async def platform(parts: PartsHere, response: Response) -> Platform:
    """About the platform as a whole."""
    said = _resource(parts, response, parts.platform.base, "Seedbed")
    return Platform(**dict(said), environments=dict(parts.bases))


@router.get("/api")
async def api(parts: PartsHere, response: Response) -> ProtectedResource:
    """About the registry's own API."""
    return _resource(parts, response, f"{parts.platform.base}/api", "Seedbed registry")


@router.get("/mcp/{server}")
async def server(parts: PartsHere, response: Response, server: Name) -> ProtectedResource:
    """About one server in production; the doors of another environment answer for themselves."""
    standing = await parts.present.one("production", server)
    if standing is None or standing.withdrawn:
        raise unknown_server(server, "production")
    return _resource(parts, response, parts.url_of("production", server), standing.manifest.title)


def _resource(parts: Parts, response: Response, resource: str, name: str) -> ProtectedResource:
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cache-Control"] = "max-age=60"
    return ProtectedResource(resource=resource, authorization_servers=[parts.provider.issuer], resource_name=name)
