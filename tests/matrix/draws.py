"""Random policies and people out of a few names, so that they meet often; everything follows from one seed."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Literal

from platform_core.auth.clients import CLIENTS, Environment
from platform_core.experiment import draft
from platform_core.policy.artefact import BROWSE
from platform_core.policy.expressible import inexpressible
from platform_core.policy.suspend import Suspension, Suspensions
from platform_core.registration.contract import Registration
from platform_core.registration.manifest import Proposal
from platform_core.server import Server
from registry.reviews.narrowing import Narrowing

Term = dict[str, Any]
Era = Literal["2026-07-28", "2025-11-25"]

DOMAIN = "seedbed.internal"
GROUPS, BUSINESS, ROLES = ("g1", "g2", "g3"), ("b1", "b2", "b3"), ("r1", "r2")
EMPLOYMENT, CHANNELS = ("employee", "contractor"), ("C-ops", "C-talk")
SURFACES = ("cli", "web-chat", "chat-bot")
SERVICES = tuple(f"spiffe://{DOMAIN}/production/service/{name}" for name in ("loader", "watcher", "stranger"))
ENVIRONMENTS: tuple[Environment, ...] = ("production", "dev")
ERAS: tuple[Era, ...] = ("2026-07-28", "2025-11-25")
TOOLS: dict[str, dict[str, str]] = {
    "look": {"policy": "look", "risk": "low", "data_class": "internal"},
    "leaf": {"policy": BROWSE, "risk": "low", "data_class": "internal"},
    "reveal": {"policy": "reveal", "risk": "low", "data_class": "restricted"},
    "spend": {"policy": "spend", "risk": "cost", "data_class": "internal"},
    "change": {"policy": "change", "risk": "change", "data_class": "internal"},
}
UNKNOWN = "no_such_tool"


@dataclass(frozen=True, kw_only=True)
class Somebody:
    """A person of the company, as the issuer's tokens say."""

    login: str
    groups: tuple[str, ...]
    business_groups: tuple[str, ...]
    roles: tuple[str, ...]
    employment: str

    @property
    def claims(self) -> dict[str, Any]:
        lists = {"groups": self.groups, "business_groups": self.business_groups, "roles": self.roles}
        return {name: list(values) for name, values in lists.items()} | {"employment": self.employment}


@dataclass(frozen=True, kw_only=True)
class Visit:
    """Somebody at a server's door: who, from where, in which protocol. With each tool it makes a cell of the matrix."""

    who: Somebody
    client: str
    channel: str | None
    environment: Environment
    """Whose door is knocked at; the client may be of the other one."""
    server: str
    era: Era

    @property
    def surface(self) -> str:
        return CLIENTS[self.client].surface

    @property
    def foreign(self) -> bool:
        """The client belongs to the other environment."""
        return CLIENTS[self.client].environment != self.environment


def some(chance: Random, names: tuple[str, ...], least: int = 0) -> tuple[str, ...]:
    """A few of `names`."""
    return tuple(sorted(chance.sample(names, chance.randint(least, len(names)))))


def people(chance: Random, number: int) -> list[Somebody]:
    return [
        Somebody(
            login=f"p{index}", groups=some(chance, GROUPS), business_groups=some(chance, BUSINESS),
            roles=some(chance, ROLES), employment=chance.choice(("employee", *EMPLOYMENT)),
        )
        for index in range(number)
    ]  # fmt: skip


def term(chance: Random, depth: int = 0) -> Term:
    """A policy expression of up to three levels."""
    nested = chance.random() < 0.4 and depth < 2
    if not nested:
        word, names = chance.choice(
            (("group", GROUPS), ("business_group", BUSINESS), ("role", ROLES), ("employment", EMPLOYMENT),
             ("employment", EMPLOYMENT), ("surface", SURFACES), ("channel", CHANNELS))
        )  # fmt: skip
        return {word: some(chance, names, 1)}
    if (word := chance.choice(("any", "any", "all", "not"))) == "not":
        # A `not` alone is refused at review: beside it stands who may.
        return {"all": [{"employment": list(EMPLOYMENT)}, {"not": term(chance, depth + 1)}]}
    return {word: [term(chance, depth + 1) for _ in range(chance.randint(1, 3))]}


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What an owner asks for, and what a reviewer takes away of it."""

    registration: Registration
    narrowing: Narrowing


def wish(chance: Random, server: Server) -> Wish:
    """A wish that the proxy can express too."""
    said = Registration(manifest=server.manifest, contract=server.contract(), version="1")
    while True:
        manifest = said.manifest.model_copy(update={"proposes": Proposal.model_validate(_proposes(chance))})
        drawn = said.model_copy(update={"manifest": manifest})
        if inexpressible(draft(manifest, said.contract)) is None:
            break
    tools = tuple(name for name in TOOLS if chance.random() < 0.95)
    return Wish(registration=drawn, narrowing=Narrowing(tools=tools) if len(tools) < len(TOOLS) else Narrowing())


def _proposes(chance: Random) -> Term:
    today = datetime.now(UTC).date()
    surfaces, half = SURFACES if chance.random() < 0.5 else some(chance, SURFACES, 2), chance.random() < 0.5
    return {
        "surfaces": surfaces,
        "groups": some(chance, GROUPS, 2) if chance.random() < 0.2 else (),
        "channels": {"chat-bot": some(chance, CHANNELS, 1)} if "chat-bot" in surfaces and half else {},
        "discovery": chance.choice(("person", "service")),
        "business_groups": ["*"] if chance.random() < 0.7 else some(chance, BUSINESS, 2),
        "browse": some(chance, BUSINESS) if chance.random() < 0.4 else (),
        "policies": {rule["policy"]: term(chance) for rule in TOOLS.values()},
        "services": [
            {"spiffe_id": name, "tools": some(chance, ("look", "leaf"), 1), "reason": "a nightly job",
             "owner": "platform", "until": today + timedelta(days=chance.choice((-2, 2, 2)))}
            for name in SERVICES[:2] if chance.random() < 0.7
        ],
    }  # fmt: skip


def suspensions(environment: Environment, servers: list[str], persons: list[Somebody]) -> Suspensions:
    """One server, a tool of another, and one person are closed in each environment."""
    facts: Any = {"reason": "the matrix closes it", "by": "olu", "at": int(time.time())}
    closed = ({"server": servers[0]}, {"server": servers[1], "tool": "leaf"}, {"person": persons[0].login})
    return Suspensions(
        environment=environment, version=1, issued_at=int(time.time()),
        entries=tuple(Suspension.model_validate(one | facts) for one in closed),
    )  # fmt: skip


def client_of(surface: str, environment: Environment) -> str:
    """The OAuth client of a surface in one environment."""
    here = (surface, environment)
    return next(name for name, known in CLIENTS.items() if (known.surface, known.environment) == here)


def visit(chance: Random, persons: list[Somebody], servers: dict[str, Environment]) -> Visit:
    """One visit; one in twenty knocks at the other environment's door."""
    server = chance.choice(sorted(servers))
    environment = servers[server]
    home = environment if chance.random() > 1 / 20 else ENVIRONMENTS[environment == "production"]
    client = client_of(chance.choice(SURFACES), home)
    channels = (*CHANNELS, CHANNELS[0], None) if CLIENTS[client].vouches_for_channel else (None,)
    return Visit(
        who=chance.choice(persons), client=client, environment=environment, server=server,
        channel=chance.choice(channels), era=chance.choice(ERAS),
    )  # fmt: skip
