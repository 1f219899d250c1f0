"""What the reviews opened and is closed for now: a policy that ran out, a suspension, a lease that nobody renewed."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from gateway.compile.door import Door
from gateway.compile.terms import ANYBODY, HAS_TOKEN, Json, any_id, deny, naming, rule
from gateway.compile.who import listed_service
from platform_core.policy.artefact import PolicyArtefact, ServiceCaller
from platform_core.policy.standing import CALM, Standing
from platform_core.policy.suspend import Suspension

EXPIRED, SUSPENDED, LEASE = "expired", "suspended", "lease"
"""Ends of rule names, which the replies know again."""


@dataclass(frozen=True, kw_only=True)
class Ruling:
    """What holds in one environment: the policies by server, and what stands above them."""

    policies: Mapping[str, PolicyArtefact] = field(default_factory=dict[str, PolicyArtefact])
    standing: Standing = CALM

    @property
    def entries(self) -> tuple[Suspension, ...]:
        return self.standing.suspensions.entries if self.standing.suspensions else ()

    def suspended(self, server: str) -> tuple[Suspension, ...]:
        """What is suspended of `server`, but for resources and prompts: the server alone tells them apart."""
        return tuple(entry for entry in self.entries if entry.server == server and entry.text is None)

    @property
    def suspended_people(self) -> tuple[str, ...]:
        return tuple(sorted({entry.person for entry in self.entries if entry.person is not None}))


@dataclass(frozen=True, kw_only=True)
class Closed:
    """What of one server is closed, and why: tools by rule, or everything by one rule."""

    whole: str | None = None
    tools: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    reason: str = ""
    """Why it was suspended, for whoever is refused."""
    services: tuple[ServiceCaller, ...] = ()
    """The services whose time is not over: they hear of it as people do; to strangers nothing is said."""

    def rules(self, server: str, door: Door) -> Json | None:
        """The rules that refuse it; None if all is open."""
        who = any_id(HAS_TOKEN, *map(listed_service, self.services)) if door.meshed else ANYBODY
        if self.whole is not None:
            return deny({f"{server}/{self.whole}": rule(who=who)})
        rules = {f"{server}/{name}": rule(naming("tools/call", tools), who) for name, tools in self.tools.items()}
        return deny(rules) if rules else None


def closed(artefact: PolicyArtefact, ruling: Ruling, *, now: float) -> Closed:
    """What of the artefact's server is closed at `now`, by the same order of reasons as the server's own verdict."""
    services = tuple(service for service in artefact.services if now < service.expires)
    suspended = ruling.suspended(artefact.server)
    reason = "; ".join(f"{entry.tool or artefact.server} is suspended: {entry.reason}" for entry in suspended)
    if now >= artefact.not_after:
        return Closed(whole=EXPIRED, services=services)
    if ruling.standing.lease == "lapsed":
        return Closed(whole=LEASE, services=services)
    if any(entry.tool is None for entry in suspended):
        return Closed(whole=SUSPENDED, services=services, reason=reason)
    tools = dict(_tools(artefact, suspended, ruling.standing))
    return Closed(tools=tools, services=services, reason=reason)


def _tools(
    artefact: PolicyArtefact, suspended: Iterable[Suspension], standing: Standing
) -> Iterator[tuple[str, tuple[str, ...]]]:
    taken = {entry.tool for entry in suspended if entry.tool is not None}
    if taken:
        yield SUSPENDED, tuple(sorted(taken))
    if standing.lease == "stale":
        sensitive = {name for name, tool in artefact.tools.items() if tool.sensitive}
        yield from [(LEASE, tuple(sorted(sensitive - taken)))] if sensitive - taken else []
