"""The change of a policy, tried on people."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from platform_core.auth.principal import Principal
from platform_core.policy import what_if
from platform_core.policy.artefact import PolicyArtefact

MOST = 20
"""Differences that are shown."""


@dataclass(frozen=True, kw_only=True)
class Tried:
    """What is different for one person."""

    person: str
    tool: str
    surface: str
    before: bool
    after: bool


def tried(
    before: PolicyArtefact | None, after: PolicyArtefact, people: Iterable[Principal], *, now: float
) -> Iterator[Tried]:
    """Every difference that `people` would notice, up to a few."""
    found = (each for person in people for each in _noticed(before, after, person, now))
    for _, each in zip(range(MOST), found, strict=False):
        yield each


def _noticed(before: PolicyArtefact | None, after: PolicyArtefact, person: Principal, now: float) -> Iterator[Tried]:
    tools = [*after.tools, *(tool for tool in (before.tools if before else ()) if tool not in after.tools)]
    for surface in sorted({*after.reach.surfaces, *(before.reach.surfaces if before else ())}):
        there = replace(person, surface=surface, channel=None, expires_at=math.inf)
        for tool in tools:
            was, is_now = (each is not None and _may(each, there, tool, now) for each in (before, after))
            if was != is_now:
                yield Tried(person=person.subject, tool=tool, surface=surface, before=was, after=is_now)


def _may(artefact: PolicyArtefact, who: Principal, tool: str, now: float) -> bool:
    # What has ended was open until then; the change is asked about, not the clock.
    return what_if.say(artefact, who, tool, now=min(now, artefact.issued_at), closed=None).allow
