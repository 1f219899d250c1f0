"""The places of the pages: which of them somebody is shown on top of every page, and which one they are at."""

from dataclasses import dataclass
from typing import Any

from fastapi import Request
from starlette.routing import Match

from registry.parts import Parts
from registry.roles import Role, has_role
from registry.store.sessions import SignedIn


@dataclass(frozen=True)
class Place:
    """A link on top of the page."""

    path: str
    word: str
    roles: tuple[Role, ...] = ()
    """Whom it is shown to; everybody, where nobody is named."""


PLACES = (
    Place("/", "Servers"),
    Place("/inbox", "Inbox"),
    Place("/approvals", "Approvals"),
    Place("/reviews", "Reviews"),
    Place("/impact", "Impact"),
    Place("/audit", "Audit", ("auditor",)),
    Place("/suspensions", "Suspensions", ("operator",)),
)
ELSEWHERE = (Place("/guide", "Guidance for agents"), Place("/suspensions", "What is suspended"))
"""Links at the foot of the page."""


def shown_to(request: Request, signed_in: SignedIn | None) -> list[Place]:
    """The places on top of the page, for somebody signed in."""
    if signed_in is None:
        return []
    parts: Parts = request.app.state.parts
    mine = [place for place in PLACES if not place.roles or has_role(parts, signed_in.person, *place.roles)]
    return [place for place in mine if is_served(request, place.path)]


def at_the_foot(request: Request) -> list[Place]:
    """The places that need no room on top."""
    return [place for place in ELSEWHERE if is_served(request, place.path)]


def is_served(request: Request, path: str) -> bool:
    """Whether there is such a page here."""
    asked: dict[str, Any] = {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": []}
    return any(route.matches(asked)[0] is Match.FULL for route in request.app.routes)


def current(request: Request) -> str:
    """The place that the page belongs to."""
    first = f"/{request.url.path.split('/')[1]}"
    return "/" if first in ("/servers", "/experiments") else first
