"""What people may use, decided once for all whom no policy tells apart."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from platform_core.auth.principal import Principal
from platform_core.policy.artefact import Environment
from platform_core.policy.expression import facts
from registry.store.present import Present, Snapshot
from registry.store.standing import Standing
from registry.verdict import OPEN, usable_tools, verdict

ROOM = 2_000
"""Audiences that are remembered."""


@dataclass(frozen=True, kw_only=True)
class Usable:
    """A server that may be opened, and the tools of it that may be called."""

    standing: Standing
    tools: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Offer:
    """All that an audience may use of one snapshot. Another offer is another object."""

    snapshot: Snapshot
    until: float
    names: tuple[tuple[str, tuple[str, ...]], ...]
    """Servers and their tools."""
    _written: list[str] = field(init=False, default_factory=list[str], repr=False)

    @property
    def usable(self) -> list[Usable]:
        found = self.snapshot.servers
        return [Usable(standing=found[server], tools=tools) for server, tools in self.names]

    def written(self, form: Callable[[list[Usable]], str]) -> str:
        """What can be used, as text that is written once; `form` is always the same."""
        if not self._written:
            self._written.append(form(self.usable))
        return self._written[0]


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """Every group and role that some policy in force names: others make no difference."""

    groups: frozenset[str]
    business_groups: frozenset[str]
    roles: frozenset[str]
    people: frozenset[str]
    """Who is suspended."""

    @classmethod
    def of(cls, standings: Iterable[Standing]) -> "Vocabulary":
        held = list(standings)
        artefacts = [each.artefact for each in held if each.artefact]
        policies = [expression for artefact in artefacts for expression in artefact.policies.values()]
        asked = [fact for expression in policies for fact in facts(expression)]
        teams = [name for fact in asked if fact.kind == "group" for name in fact.names]
        units = [name for fact in asked if fact.kind == "business_group" for name in fact.names]
        gates = [name for artefact in artefacts for name in (*artefact.gate.business_groups, *artefact.gate.browse)]
        closed = [entry.person for each in held[:1] if each.closed for entry in each.closed.entries if entry.person]
        return cls(
            groups=frozenset([*teams, *(name for artefact in artefacts for name in artefact.reach.groups)]),
            business_groups=frozenset([*units, *gates]),
            roles=frozenset(name for fact in asked if fact.kind == "role" for name in fact.names),
            people=frozenset(closed),
        )

    def audience(self, who: Principal) -> Principal:
        """Whom `who` stands for: the same to every policy, and to everything that is suspended."""
        return replace(
            who,
            subject=who.subject if who.subject in self.people else "",
            groups=who.groups & self.groups,
            business_groups=who.business_groups & self.business_groups,
            roles=who.roles & self.roles,
            client="",
            token_id="",
            expires_at=float("inf"),
        )


class Audiences:
    """Remembers offers until something is decided anew or a policy ends."""

    def __init__(self, present: Present) -> None:
        self._present = present
        self._words: dict[Environment, tuple[int, Vocabulary]] = {}
        self._offers: dict[tuple[Environment, Principal], Offer] = {}

    async def offer(self, environment: Environment, who: Principal, *, now: float) -> Offer:
        """What `who`, whose token holds, may use now."""
        snapshot = await self._present.of(environment)
        key = environment, self._vocabulary(environment, snapshot).audience(who)
        kept = self._offers.get(key)
        if kept is None or kept.snapshot.decided != snapshot.decided or now >= kept.until:
            kept = _offer(snapshot, key[1], now)
        elif kept.snapshot is not snapshot:
            kept = replace(kept, snapshot=snapshot)
        else:
            return kept
        if len(self._offers) >= ROOM:
            self._offers.clear()
        self._offers[key] = kept
        return kept

    def _vocabulary(self, environment: Environment, snapshot: Snapshot) -> Vocabulary:
        number, words = self._words.get(environment, (-1, None))
        if words is None or number != snapshot.decided:
            words = Vocabulary.of(snapshot.listed)
            self._words[environment] = snapshot.decided, words
        return words


def _offer(snapshot: Snapshot, who: Principal, now: float) -> Offer:
    opened = [each for each in snapshot.listed if verdict(each, who, OPEN, now=now).allow]
    names = tuple((each.name, tuple(usable_tools(each, who, now=now))) for each in opened)
    return Offer(snapshot=snapshot, until=snapshot.until(now), names=names)
