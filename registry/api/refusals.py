"""How a refusal leaves: one shape, whatever refused; crashes say nothing but where to look."""

import logging
import re
import secrets
from collections.abc import Callable

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException

from platform_core.errors import DomainError, Unavailable
from registry.refused import Refused

Render = Callable[[Request, int, Refused], Response]

STATUS = {
    "unauthenticated": 401,
    "authorization_denied": 403,
    "client_not_allowed": 403,
    "unknown_server": 404,
    "unknown_environment": 404,
    "not_found": 404,
    "invalid": 400,
    "untrusted": 400,
    "contract_differs": 409,
    "not_newer": 409,
    "not_open": 409,
    "unavailable": 503,
    "failed": 500,
}
_TRACEPARENT = re.compile(r"^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$")

log = logging.getLogger(__name__)


def answer_refusals(app: FastAPI, render: Render) -> None:
    """Give `app` an answer for everything that may go wrong."""

    async def answer(request: Request, error: Exception) -> Response:
        status, refused = _as_refused(error)
        if status >= 500:
            log.error("%s %s: %s (trace %s)", request.method, request.url.path, refused, trace_id(request))
        return render(request, status, refused)

    for kind in (Refused, RequestValidationError, HTTPException, DomainError, OperationalError, Exception):
        app.add_exception_handler(kind, answer)


def as_json(request: Request, status: int, refused: Refused) -> JSONResponse:
    """The shape for programs; a 401 says where to sign in (RFC 9728)."""
    body: dict[str, str | None] = {
        "code": refused.code,
        "rule": refused.rule,
        "detail": refused.detail,
        "how_to_ask": refused.how_to_ask,
        "trace_id": trace_id(request),
    }
    if refused.server:
        body["server"] = refused.server
    return JSONResponse(body, status, headers={"WWW-Authenticate": _challenge(request)} if status == 401 else None)


def _challenge(request: Request) -> str:
    base = request.app.state.parts.platform.base
    return f'Bearer resource_metadata="{base}/.well-known/oauth-protected-resource/api"'


def trace_id(request: Request) -> str:
    """The trace that the proxy began, or one of our own, so that a person always has something to send along."""
    if not hasattr(request.state, "trace_id"):
        found = _TRACEPARENT.match(request.headers.get("traceparent", ""))
        request.state.trace_id = found.group(1) if found else secrets.token_hex(16)
    return str(request.state.trace_id)


def _as_refused(error: Exception) -> tuple[int, Refused]:
    match error:
        case Refused():
            return STATUS[error.code], error
        case RequestValidationError():
            return 400, Refused(code="invalid", rule="registry/request", detail=_faults(error))
        case HTTPException():
            return error.status_code, Refused(code="invalid", rule="registry/request", detail=error.detail)
        case Unavailable():
            return 503, Refused(code="unavailable", rule="registry/unavailable", detail=str(error))
        case OperationalError():
            detail = f"the registry can't use its database now: {error.orig}. Nothing was changed; try again later"
            return 503, Refused(code="unavailable", rule="registry/unavailable", detail=detail)
        case UnicodeEncodeError():
            detail = "the request holds half a character, which can't be kept: write \\ud800 to \\udfff in pairs"
            return 400, Refused(code="invalid", rule="registry/request", detail=detail)
        case DomainError():
            return 400, Refused(code="invalid", rule="registry/request", detail=str(error))
        case _:
            detail = "the registry failed; its operator can find out why by the trace id"
            return 500, Refused(code="failed", rule="registry/failed", detail=detail)


def _faults(error: RequestValidationError) -> str:
    shown = [f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in error.errors()[:5]]
    return "; ".join(shown)
