"""What is so of a server that somebody should know: worked out anew each time, from what stands and the time."""

from collections.abc import Generator, Iterable
from dataclasses import dataclass

from platform_core.policy.artefact import PolicyArtefact
from registry.owners import owner_group
from registry.pages.words import day, workload
from registry.store.notices import Audience, Kind
from registry.store.standing import Standing

DAY = 86_400.0
AHEAD = (3, 14)
"""Days before the end of something when people are told, the nearest first."""
SETTLED_SECONDS = 60.0
"""A server that is unwell for less time than this is nobody's news."""
OPERATORS = Audience("role", "operator")
Key = tuple[Kind, str, Audience]
"""What is told of what, to whom."""


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One thing that is so, and who is told."""

    kind: Kind
    about: str
    to: tuple[Audience, ...]
    text: str
    link: str


def facts(standing: Standing, *, now: float) -> Generator[Fact]:
    """What is so of this server now, without looking at who used it."""
    if standing.artefact is not None:
        yield from _ends(standing, standing.artefact, now)
    health = standing.health
    if health.state in ("degraded", "down") and now - (health.since or now) >= SETTLED_SECONDS:
        text = f"{standing.manifest.title} is {health.state}: {health.reason}"
        yield of(standing, "server.degraded", standing.name, text, OPERATORS)


def _ends(standing: Standing, artefact: PolicyArtefact, now: float) -> Generator[Fact]:
    title = standing.manifest.title
    if days := _stage(artefact.not_after - now):
        about = f"{standing.name} policy {artefact.version} within {days} days"
        text = f"The reviews of {title} end on {day(artefact.not_after)}; without new ones it closes then"
        yield of(standing, "review.expires", about, text)
    for service in artefact.services:
        left = service.expires - now
        if left > 0 and (days := _stage(left)):
            about = f"{standing.name} {service.spiffe_id} {service.expires} within {days} days"
            who, what = workload(service.spiffe_id), ", ".join(service.names)
            text = f"{who} loses {what} of {title} on {day(service.expires)}"
            yield of(standing, "grant.expires", about, text)


def _stage(left: float) -> int | None:
    return next((days for days in AHEAD if left <= days * DAY), None)


def of(standing: Standing, kind: Kind, about: str, text: str, *others: Audience) -> Fact:
    """A fact that the owner's team is told, and `others`."""
    owner = Audience("group", owner_group(standing.manifest))
    link = f"/servers/{standing.name}"
    return Fact(kind=kind, about=f"production/{about}", to=(owner, *others), text=text, link=link)


def told(facts: Iterable[Fact]) -> dict[Key, Fact]:
    """Every fact once for each audience."""
    return {(fact.kind, fact.about, to): fact for fact in facts for to in fact.to}
