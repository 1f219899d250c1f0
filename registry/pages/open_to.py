"""Can I use it, and from where: the verdicts of one person on one server, for people to read."""

from dataclasses import dataclass, replace

from platform_core.auth.principal import Principal
from platform_core.policy.decide import Decision, Target
from registry.store.standing import Standing
from registry.verdict import OPEN, call, verdict

SURFACES = {"cli": "the CLI and coding agents", "registry": "these pages"}
"""Surfaces as people call them."""


@dataclass(frozen=True, kw_only=True)
class OpenTo:
    """Whether a person may do one thing: the surfaces it works from, or else why not."""

    surfaces: tuple[str, ...]
    refusal: Decision

    @property
    def yes(self) -> bool:
        return bool(self.surfaces)


@dataclass(frozen=True, kw_only=True)
class Access:
    """What a person may do on one server."""

    server: OpenTo
    tools: dict[str, OpenTo]
    reached_from: tuple[str, ...]

    @property
    def usable(self) -> int:
        return sum(tool.yes for tool in self.tools.values())


def access(standing: Standing, person: Principal, *, now: float) -> Access:
    """Ask the evaluator about every surface from which the server is reached at all."""
    reached = standing.artefact.reach.surfaces if standing.artefact else ()
    return Access(
        server=_open_to(standing, person, OPEN, reached, now),
        tools={tool: _open_to(standing, person, call(tool), reached, now) for tool in standing.contract.tools},
        reached_from=tuple(SURFACES.get(surface, surface) for surface in reached),
    )


def _open_to(standing: Standing, person: Principal, target: Target, reached: tuple[str, ...], now: float) -> OpenTo:
    # Who the person is stays; where they would call from is what the question is about.
    asked = {surface: replace(person, surface=surface, client="") for surface in reached or (person.surface,)}
    verdicts = {surface: verdict(standing, who, target, now=now) for surface, who in asked.items()}
    refusals = [decision for decision in verdicts.values() if not decision.allow]
    return OpenTo(
        surfaces=tuple(SURFACES.get(surface, surface) for surface, decision in verdicts.items() if decision.allow),
        refusal=refusals[0] if refusals else next(iter(verdicts.values())),
    )
