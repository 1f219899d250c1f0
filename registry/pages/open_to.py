"""Can I use it, and from where: the verdicts of one person on one server, for people to read."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from platform_core.auth.principal import Principal
from platform_core.policy.artefact import Reach
from platform_core.policy.decide import Decision, Target
from registry.store.standing import Standing
from registry.verdict import OPEN, call, verdict

SURFACES = {
    "cli": "the CLI and coding agents",
    "registry": "these pages",
    "web-chat": "the web chat",
    "chat-bot": "the chat bot",
}
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


def access(standing: Standing, person: Principal, *, now: float, tools: Collection[str] | None = None) -> Access:
    """Ask the evaluator about every place from which the server is reached at all; about `tools` where named."""
    callers = _callers(standing.artefact.reach, person) if standing.artefact else {}
    asked = standing.contract.tools if tools is None else tools
    return Access(
        server=_open_to(standing, callers or {"": person}, OPEN, now),
        tools={tool: _open_to(standing, callers or {"": person}, call(tool), now) for tool in asked},
        reached_from=tuple(callers),
    )


def _callers(reach: Reach, person: Principal) -> dict[str, Principal]:
    """The person in every such place, by the words for it. Who they are stays; where they are is the question."""
    found: dict[str, Principal] = {}
    for surface in reach.surfaces:
        named = SURFACES.get(surface, surface)
        for channel in reach.channels.get(surface, (None,)):
            where = f"{named} in {channel}" if channel else named
            found[where] = replace(person, surface=surface, channel=channel, client="")
    return found


def _open_to(standing: Standing, callers: dict[str, Principal], target: Target, now: float) -> OpenTo:
    verdicts = {where: verdict(standing, who, target, now=now) for where, who in callers.items()}
    refusals = [decision for decision in verdicts.values() if not decision.allow]
    return OpenTo(
        surfaces=tuple(where for where, decision in verdicts.items() if decision.allow),
        refusal=refusals[0] if refusals else next(iter(verdicts.values())),
    )
