"""Fifty servers under fifty random policies, and everybody who may knock; what they need to know to run."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.compile.bundle import Bundle
from gateway.compile.closed import Ruling
from gateway.settings import Entrance, GatewaySettings
from platform_core.auth.clients import CLIENTS, Environment
from platform_core.auth.settings import AuthSettings, PlatformSettings
from platform_core.experiment import draft
from platform_core.policy.artefact import PolicyArtefact
from platform_core.policy.standing import Standing
from registry.reviews.narrowing import narrowed
from tests.gateway.issuing import Issuer
from tests.gateway.programs import free_port
from tests.matrix import draws
from tests.matrix.draws import DOMAIN, ENVIRONMENTS, SERVICES, Somebody, Wish
from tests.matrix.fixture.server import named
from tests.matrix.many import Composition

KEY = "dev-matrix"
WORKLOADS = (
    *(client.workload for client in CLIENTS.values() if client.workload),
    *(s.partition(DOMAIN)[2] for s in SERVICES),
)
IDENTITIES = tuple(f"spiffe://{DOMAIN}{path}" for path in WORKLOADS)


@dataclass(frozen=True, kw_only=True)
class Locks:
    """How the world is put together; a test that takes a lock away hands in its own."""

    servers: Composition = field(default_factory=Composition)
    proxy: Callable[[Bundle], Bundle] = lambda bundle: bundle


@dataclass(kw_only=True)
class World:
    """Everything that a cell of the matrix needs."""

    folder: Path
    issuer: Issuer
    people: list[Somebody]
    wishes: dict[str, Wish]
    policies: dict[str, PolicyArtefact]
    """What came of the wishes; the registry's own word, where there is one."""
    standing: dict[Environment, Standing]
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    ports: dict[str, int] = field(default_factory=dict[str, int])
    _tokens: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])

    @property
    def servers(self) -> dict[str, Environment]:
        return {name: policy.environment for name, policy in self.policies.items()}

    @property
    def doors(self) -> dict[Any, str]:
        edges = {(env, "edge"): f"http://127.0.0.1:{self.ports[f'{env}-edge']}" for env in ENVIRONMENTS}
        return edges | {(env, "mesh"): f"https://127.0.0.1:{self.ports[f'{env}-mesh']}" for env in ENVIRONMENTS}

    @property
    def rulings(self) -> dict[str, Ruling]:
        """What holds in each environment."""
        return {
            env: Ruling(
                policies={name: policy for name, policy in self.policies.items() if policy.environment == env},
                standing=self.standing[env],
            )
            for env in ENVIRONMENTS
        }

    def token(self, who: Somebody, client: str) -> str:
        """A token of `who` from `client`, made once."""
        if (who.login, client) not in self._tokens:
            self._tokens[who.login, client] = self.issuer.token(who.login, azp=client, lifetime=900, **who.claims)
        return self._tokens[who.login, client]


def drawn(folder: Path, seed: int, servers: int = 50, people: int = 40) -> World:
    """A world out of one seed."""
    chance = Random(seed)  # noqa: S311  # draws, guards nothing
    persons = draws.people(chance, people)
    where: dict[str, Environment] = {f"s{number:02}": ENVIRONMENTS[number % 5 > 2] for number in range(servers)}
    wishes = {name: draws.wish(chance, named(name)) for name in where}
    policies = {name: decided(wishes[name], env) for name, env in where.items()}
    standing: dict[Environment, Standing] = {
        env: Standing(draws.suspensions(env, [name for name in where if where[name] == env], persons))
        for env in ENVIRONMENTS
    }
    ports = {f"{env}-{side}": free_port() for env in ENVIRONMENTS for side in ("edge", "mesh")}
    issuer = Issuer(free_port())
    return World(
        folder=folder, issuer=issuer, people=persons, wishes=wishes, policies=policies, standing=standing, ports=ports
    )  # fmt: skip


def decided(wish: Wish, environment: Environment) -> PolicyArtefact:
    """What a reviewer's narrowing leaves of a wish, for a world without a registry and for experiments."""
    said = wish.registration
    return narrowed(draft(said.manifest, said.contract, environment=environment, days=1), [wish.narrowing])


def keys_file(world: World) -> Path:
    raw = base64.b64encode(world.key.public_key().public_bytes_raw()).decode()
    (world.folder / "keys.json").write_text(json.dumps({"policy": {KEY: raw}}))
    return world.folder / "keys.json"


def platform(world: World) -> PlatformSettings:
    return PlatformSettings(
        base=world.doors["production", "edge"], run=world.folder, state=world.folder / "state",
        registry_socket=world.folder / "platform/registry.sock", policy_keys_file=keys_file(world),
    )  # fmt: skip


def auth(world: World) -> AuthSettings:
    return AuthSettings(issuer=world.issuer.url, jwks_url=f"{world.issuer.url}/jwks")


def gateway(world: World) -> GatewaySettings:
    entrances: dict[Environment, Entrance] = {
        env: Entrance(
            base=world.doors[env, "edge"], edge_port=world.ports[f"{env}-edge"], mesh_port=world.ports[f"{env}-mesh"]
        )
        for env in ENVIRONMENTS
    }
    return GatewaySettings(
        environments=entrances, workload_socket=world.folder / "agent.sock", health_seconds=1.0,
        calls_per_second=100_000, burst=100_000,
    )  # fmt: skip
