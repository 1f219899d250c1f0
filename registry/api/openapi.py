"""What programs may ask the registry, in OpenAPI: our own API and the official one that we speak."""

from functools import cache
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from starlette.routing import Mount

router = APIRouter()
OURS, OFFICIAL = "/api/", "/v0.1"
_TOKEN = {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}


class Refusal(BaseModel):
    """Why not: in a code for programs, in words for people."""

    code: str
    rule: str
    detail: str
    how_to_ask: str | None
    trace_id: str
    server: str | None = None


class Problem(BaseModel):
    """The same in the words of the official API."""

    error: str
    title: str
    status: int
    detail: str
    errors: list[dict[str, Any]]


@router.get("/api/openapi.json", include_in_schema=False)
async def openapi(request: Request) -> dict[str, Any]:
    """The document."""
    return document(request.app)


@cache
def document(app: FastAPI) -> dict[str, Any]:
    """Every path for programs; what may be refused is said of each in the same words."""
    made = get_openapi(title="Seedbed registry", version="0.1", routes=app.routes)
    paths = {path: _refusing(path, at) for path, at in made["paths"].items() if path.startswith(OURS)}
    schemas: dict[str, Any] = made["components"]["schemas"]
    for mount in app.routes:
        if isinstance(mount, Mount) and mount.path == OFFICIAL and isinstance(mount.app, FastAPI):
            official = get_openapi(title="", version="0.1", routes=mount.app.routes)
            paths |= {f"{OFFICIAL}{path}": _refusing(path, at) for path, at in official["paths"].items()}
            schemas |= official["components"]["schemas"]
    schemas |= {model.__name__: model.model_json_schema() for model in (Refusal, Problem)}
    components = {"schemas": schemas, "securitySchemes": _TOKEN}
    return made | {"paths": paths, "components": components}


def _refusing(path: str, operations: dict[str, Any]) -> dict[str, Any]:
    ours = path.startswith(OURS)
    refused = _answer("Refusal", "application/json") if ours else _answer("Problem", "application/problem+json")
    security: list[dict[str, list[str]]] = [{"token": []}] if ours else [{}, {"token": []}]
    return {
        method: operation
        | {"responses": _successes(operation) | {"4XX": refused, "5XX": refused}, "security": security}
        for method, operation in operations.items()
    }


def _successes(operation: dict[str, Any]) -> dict[str, Any]:
    """Without the refusals of the framework, which look otherwise here."""
    return {status: said for status, said in operation["responses"].items() if status < "400"}


def _answer(model: str, media: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{model}"}
    return {"description": "Refused, and why", "content": {media: {"schema": schema}}}
