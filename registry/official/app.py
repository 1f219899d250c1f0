"""The API as an application of its own: its refusals have the shapes that its clients know."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from registry.api.refusals import answer_refusals, as_json
from registry.official.endpoints import CORS, router
from registry.official.names import Namespace
from registry.official.reading import Reading
from registry.parts import Parts
from registry.refused import Refused

PATH = "/v0.1"


def official_app(parts: Parts) -> FastAPI:
    """To be mounted at `PATH`."""
    app = FastAPI(title="Seedbed registry, official API", version="0.1", openapi_url=None)
    app.state.parts = parts
    app.state.reading = Reading(parts, Namespace.of(parts.verifier.trust_domain))
    app.include_router(router)
    answer_refusals(app, _in_both_forms)
    app.add_exception_handler(RequestValidationError, _unprocessable)
    return app


def _in_both_forms(request: Request, status: int, refused: Refused) -> Response:
    ours = as_json(request, status, refused)
    challenge = {name: value for name, value in ours.headers.items() if name == "www-authenticate"}
    return _told(status, refused.detail, [], challenge)


async def _unprocessable(_: Request, error: Exception) -> Response:
    faults = error.errors() if isinstance(error, RequestValidationError) else ()
    errors = [{"message": fault["msg"], "location": ".".join(map(str, fault["loc"]))} for fault in faults]
    return _told(422, "; ".join(f"{each['location']}: {each['message']}" for each in errors), errors, {})


def _told(status: int, detail: str, errors: list[dict[str, Any]], headers: dict[str, str]) -> Response:
    """What the specification says (`error`) and what its own service answers (the rest)."""
    body = {"error": detail, "title": HTTPStatus(status).phrase, "status": status, "detail": detail, "errors": errors}
    return JSONResponse(body, status, headers=CORS | headers, media_type="application/problem+json")
