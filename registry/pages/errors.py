"""Pages for what went wrong: what is so, why, what did not happen, what to do next."""

from fastapi import Request, Response

from registry.api.refusals import as_json, trace_id
from registry.pages.login import sign_in_first
from registry.pages.look import page
from registry.pages.session import SignInNeeded
from registry.refused import Refused

_FOR_PROGRAMS = ("/api", "/.well-known", "/health")


def for_people_or_programs(request: Request, status: int, refused: Refused) -> Response:
    """A page for a browser, JSON for the paths that programs use."""
    if request.url.path.startswith(_FOR_PROGRAMS):
        return as_json(request, status, refused)
    environment = "dev" if request.url.path.startswith("/experiments") else "production"
    shown = {"refused": refused, "answered": status, "trace": trace_id(request), "environment": environment}
    return page(request, "error.html", status, **shown)


async def ask_to_sign_in(request: Request, error: Exception) -> Response:
    """Nobody is signed in: off to the identity provider, and back here afterwards."""
    place = error.place if isinstance(error, SignInNeeded) and request.method == "GET" else "/"
    return sign_in_first(place)
