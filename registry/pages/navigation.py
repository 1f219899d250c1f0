"""The places of the pages: which of them somebody is shown on top of every page, and which one they are at."""

from dataclasses import dataclass

from fastapi import Request

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


def shown_to(parts: Parts, signed_in: SignedIn | None) -> list[Place]:
    """The places on top of the page, for somebody signed in."""
    if signed_in is None:
        return []
    return [place for place in PLACES if not place.roles or has_role(parts, signed_in.person, *place.roles)]


def current(request: Request) -> str:
    """The place that the page belongs to."""
    first = f"/{request.url.path.split('/')[1]}"
    return "/" if first in ("/servers", "/experiments") else first
