"""A change of policy as a table: what somebody wants to do, who gains it, who loses it."""

from collections.abc import Iterator
from dataclasses import dataclass

from platform_core.policy.artefact import PolicyArtefact
from platform_core.policy.changes.difference import TooIntricate, difference
from platform_core.policy.changes.words import callers, day

INTRICATE = "the change is too intricate for words; ask what it says to one caller instead"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One thing to do; each line of `gains` and `loses` names callers, nobody else gains or loses."""

    what: str
    gains: tuple[str, ...]
    loses: tuple[str, ...]


def rows(before: PolicyArtefact | None, after: PolicyArtefact) -> list[Row]:
    """What changes, and for whom. Before the first policy everything is closed to everybody."""
    try:
        of_people = [
            Row(what=what, gains=tuple(callers(change.gains)), loses=tuple(callers(change.loses)))
            for what, change in difference(before, after).items()
        ]
    except TooIntricate:
        of_people = [Row(what=INTRICATE, gains=(), loses=())]
    return [*of_people, *_services(before, after)]


def _services(before: PolicyArtefact | None, after: PolicyArtefact) -> Iterator[Row]:
    was, is_now = _grants(before), _grants(after)
    for spiffe_id, tool in sorted(was.keys() | is_now.keys()):
        old, new = was.get((spiffe_id, tool)), is_now.get((spiffe_id, tool))
        if old != new:
            said = (f"until {day(new)}" if new else "removed",)
            more = bool(new and new > (old or 0))
            what = f"service {spiffe_id} on {tool}"
            yield Row(what=what, gains=said if more else (), loses=() if more else said)
    open_before = before is not None and before.reach.discovery == "service"
    if open_before != (after.reach.discovery == "service"):
        said = ("listed services, without a person",)
        what = "open and list the server"
        yield Row(what=what, gains=() if open_before else said, loses=said if open_before else ())


def _grants(artefact: PolicyArtefact | None) -> dict[tuple[str, str], int]:
    """Until when each service may use each tool and resource."""
    grants: dict[tuple[str, str], int] = {}
    for service in artefact.services if artefact else ():
        for name in service.names:
            key = (service.spiffe_id, name)
            grants[key] = max(service.expires, grants.get(key, 0))
    return grants
