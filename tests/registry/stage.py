"""Small working programs around the registry: an issuer, a signer, two servers, both doors on real sockets."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastapi import FastAPI
from pydantic import SecretStr

from platform_core.auth.settings import AuthSettings, PlatformSettings
from platform_core.policy.artefact import PolicyArtefact
from platform_core.policy.sign import SignedArtefact, sign
from platform_core.policy.suspend import Suspension, Suspensions
from platform_core.registration.contract import Contract, Registration, ToolPromise
from platform_core.registration.manifest import Manifest
from platform_core.testing.people import ROLE_GROUPS
from registry.__main__ import Door
from registry.api.platform import PolicyInForce
from registry.apps import platform_app, public_app
from registry.parts import Parts, open_parts
from registry.settings import RegistrySettings
from registry.signer.ledger import Ledger
from registry.signer.operation import Signatory, signer_app
from tests.registry.folders import migrated
from tests.registry.issuer import Issuer

PATIENCE = 60.0
BASE = "http://127.0.0.1:7301"
DEV = "http://127.0.0.1:7302"
KEY = "dev-test"
EMERGENCY = "emergency-1"
UNREVIEWED = "/test/policies"
"""A door of these tests that the product has not."""


def _promise(description: str, policy: str, risk: str = "low", data_class: str = "internal") -> ToolPromise:
    schema = {"type": "object", "properties": {"words": {"type": "string"}}, "required": ["words"]}
    return ToolPromise.model_validate(
        {"description": description, "input": schema, "output": None, "policy": policy, "risk": risk}
        | {"data_class": data_class}
    )


TOOLS: Mapping[str, Mapping[str, ToolPromise]] = {
    "presto": {
        "find_tables": _promise("Find tables by words or by name.\n\nBest governed first.", "browse"),
        "describe_table": _promise("Columns, keys, size and owner of one table.", "browse"),
        "run_query": _promise("Run one SELECT as you; 100 rows unless you say more.", "execute", "cost", "restricted"),
    },
    "seed": {"greet": _promise("Greet somebody, to see that everything works.", "everyone", data_class="public")},
}
_FACTS = {
    "presto": {"title": "Presto", "summary": "Find tables and run read-only SQL as yourself", "owner": "Data Platform"}
    | {"channels": ["#ask-presto"]},
    "seed": {"title": "Seed", "summary": "The smallest server there is", "owner": "Platform", "channels": ["#seedbed"]},
}
_PROPOSALS: Mapping[str, Mapping[str, Any]] = {
    "presto": {
        "surfaces": ["cli"],
        "business_groups": ["ads", "data-platform", "finance"],
        "browse": ["support"],
        "policies": {
            "browse": {"employment": ["employee"]},
            "execute": {"all": [{"group": ["data-engineering", "platform"]}, {"employment": ["employee"]}]},
        },
    },
    "seed": {
        "surfaces": ["cli"],
        "business_groups": ["*"],
        "policies": {"everyone": {"employment": ["employee"]}},
    },
}


def registration(server: str, *, version: str = "1.0.0", **changed: Any) -> Registration:
    """What the pipeline says of one of the two servers; `tools` changes what it promises, the rest its manifest."""
    tools: Mapping[str, ToolPromise] = changed.pop("tools", TOOLS[server])
    facts = {
        name: {"risk": promise.risk, "data_class": promise.data_class, "minutes": 4, "basis": "asked three users"}
        for name, promise in tools.items()
    }
    said = {"name": server, "proposes": _PROPOSALS[server], "tools": facts} | _FACTS[server] | changed
    contract = Contract(server=server, tools=dict(tools))
    return Registration(manifest=Manifest.model_validate(said), contract=contract, version=version)


def _raw(key: Ed25519PrivateKey) -> str:
    return base64.b64encode(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


@dataclass(frozen=True)
class Signer:
    """The key of the reviews, pinned under the id `dev-test`."""

    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    emergency: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    """Pinned for suspensions alone, under the id `emergency-1`."""

    def pin(self, path: Path) -> Path:
        path.write_text(
            json.dumps({"policy": {KEY: _raw(self.private)}, "emergency": {EMERGENCY: _raw(self.emergency)}})
        )
        return path

    def suspensions(self, *entries: Suspension, **changed: Any) -> SignedArtefact:
        """A list that closes `entries`, signed offline by the emergency key."""
        now = int(time.time())
        fields: dict[str, Any] = {"environment": "production", "version": now, "issued_at": now, "entries": entries}
        return sign(Suspensions.model_validate(fields | changed), key=EMERGENCY, private=self.emergency)

    def policy(self, said: Registration, *, version: int = 1, **changed: Any) -> SignedArtefact:
        """The owner's wish as a signed policy, with fields changed at will."""
        manifest, contract, now = said.manifest, said.contract, int(time.time())
        fields: dict[str, Any] = {
            "server": manifest.name, "environment": "production", "version": version, "issued_at": now,
            "not_after": now + 86_400, "contract_digest": contract.digest, "reach": manifest.proposes.reach,
            "reviews": [{"kind": "security", "reviewer": "sam", "ticket": "SEC-1"}], "gate": manifest.proposes.gate,
            "policies": manifest.proposes.policies, "how_to_ask": manifest.how_to_ask,
            "tools": {
                name: {"policy": promise.policy, "risk": promise.risk, "data_class": promise.data_class}
                for name, promise in contract.tools.items()
            },
        }  # fmt: skip
        return sign(PolicyArtefact.model_validate(fields | changed), key=KEY, private=self.private)


@dataclass(frozen=True, kw_only=True)
class Registry:
    """A running registry and its clients."""

    parts: Parts
    public: httpx2.AsyncClient
    platform: httpx2.AsyncClient
    issuer: Issuer
    signer: Signer

    async def register(self, said: Registration, environment: str = "production") -> httpx2.Response:
        body, where = said.model_dump(mode="json", by_alias=True), {"environment": environment}
        return await self.platform.put(f"/api/servers/{said.manifest.name}", json=body, params=where)

    async def put(self, signed: SignedArtefact) -> httpx2.Response:
        """Have a policy in force without a review: most tests are about what comes after one."""
        return await self.platform.put(UNREVIEWED, json=signed.model_dump(mode="json"))

    async def try_out(self, signed: SignedArtefact) -> httpx2.Response:
        """Have the policy of an experiment in force, as `seedbed up` does."""
        return await self.platform.put("/api/policies", json=signed.model_dump(mode="json"))

    async def make_live(self, server: str, *, version: int = 1, **changed: Any) -> None:
        """Register one of the two servers and put its policy in force, in the environment that `changed` may name."""
        said = registration(server)
        (await self.register(said, changed.get("environment", "production"))).raise_for_status()
        (await self.put(self.signer.policy(said, version=version, **changed))).raise_for_status()

    async def ask(self, path: str, login: str, **query: str) -> Any:
        """The public API's answer for a person."""
        answer = await self.public.get(path, params=query, headers=self.issuer.headers(login))
        return answer.raise_for_status().json()


_SECRETS = {"client_secret": "pages", "probe_secret": "probe", "probe_dev_secret": "probe-dev"}


def settings_in(
    folder: Path, signer: Signer, *, issuer: str, jwks: str, base: str, dev: str = DEV
) -> tuple[RegistrySettings, PlatformSettings, AuthSettings]:
    """Everything in one folder."""
    platform = PlatformSettings(
        base=base, run=folder, state=folder / "state", registry_socket=folder / "platform" / "registry.sock",
        policy_keys_file=signer.pin(folder / "keys.json"),
    )  # fmt: skip
    secrets = {name: SecretStr(of) for name, of in _SECRETS.items()}
    own = RegistrySettings.model_validate(
        {"bases": {"dev": dev}, "probe_seconds": 0.1, "role_groups": ROLE_GROUPS} | secrets
    )
    return own, platform, AuthSettings(issuer=issuer, jwks_url=jwks)


@asynccontextmanager
async def open_registry(
    folder: Path,
    issuer: Issuer,
    signer: Signer,
    *,
    base: str = BASE,
    dev: str = DEV,
    on_sockets: bool = False,
    **changed: Any,
) -> AsyncGenerator[Registry]:
    """Both applications in this process over the database in `folder`; on unix sockets where a stream must flow."""
    own, platform, auth = settings_in(folder, signer, issuer=issuer.url, jwks=f"{issuer.url}/jwks", base=base, dev=dev)
    own = own.model_copy(update=changed)
    await migrated(own.database_in(platform))
    async with (
        signing(folder, signer, own.signer_socket_in(platform)),
        open_parts(own, platform, auth) as parts,
        AsyncExitStack() as stack,
    ):
        await asyncio.wait_for(parts.keys.wait_ready(), PATIENCE)
        apps = public_app(parts), platform_door(parts)
        doors: list[httpx2.AsyncBaseTransport] = [httpx2.ASGITransport(app) for app in apps]
        if on_sockets:
            sockets = own.public_socket_in(platform), platform.registry_socket
            await stack.enter_async_context(serving(*zip(apps, sockets, strict=True)))
            stack.callback(parts.broadcast.close)
            stack.callback(parts.bell.close)
            doors = [httpx2.AsyncHTTPTransport(uds=str(path)) for path in sockets]
        outside = httpx2.AsyncClient(transport=doors[0], base_url=base, timeout=PATIENCE)
        inside = httpx2.AsyncClient(transport=doors[1], base_url="http://registry", timeout=PATIENCE)
        async with outside, inside:
            yield Registry(parts=parts, public=outside, platform=inside, issuer=issuer, signer=signer)


def platform_door(parts: Parts) -> FastAPI:
    """The platform's door with the tests' own beside it, through which a signed policy goes without a review."""
    app = platform_app(parts)

    @app.put(UNREVIEWED)
    async def take(signed: SignedArtefact) -> PolicyInForce:  # pyright: ignore[reportUnusedFunction]  # a route
        artefact = await parts.policies.take(signed)
        return PolicyInForce(server=artefact.server, version=artefact.version)

    return app


class _Door(Door):
    """Uvicorn looks ten times a second whether it shall end; a test does not wait for that."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._left = asyncio.Event()

    async def main_loop(self) -> None:
        await self.on_tick(0)
        await self._left.wait()

    def leave(self) -> None:
        self.should_exit = True
        self._left.set()


@asynccontextmanager
async def signing(folder: Path, signer: Signer, socket: Path) -> AsyncGenerator[None]:
    """The signer behind its socket, in this process."""
    signatory = Signatory(KEY, signer.private, Ledger(folder / "ledger.json"), longest=86_400 * 90)
    async with serving((signer_app(signatory), socket)):
        yield


def client(uds: Path, base: str) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.AsyncHTTPTransport(uds=str(uds)), base_url=base, timeout=PATIENCE)


@asynccontextmanager
async def serving(*apps: tuple[Any, Path | int]) -> AsyncGenerator[None]:
    """Serve applications by uvicorn, each on a unix socket or on a loopback port."""
    doors = [_Door(_config(app, where)) for app, where in apps]
    served = [asyncio.create_task(door.serve()) for door in doors]
    await eventually(lambda: all(door.started for door in doors), "the applications are served")
    try:
        yield
    finally:
        for door in doors:
            door.leave()
        await asyncio.gather(*served)


def _config(app: Any, where: Path | int) -> uvicorn.Config:
    if isinstance(where, int):
        return uvicorn.Config(app, port=where, lifespan="off", log_level="error")
    where.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return uvicorn.Config(app, uds=str(where), lifespan="off", log_level="error")


async def eventually(claim: Any, what: str) -> None:
    """Return as soon as `claim` holds; fail when it does not within the one generous bound."""
    deadline = time.monotonic() + PATIENCE
    while not claim():
        assert time.monotonic() < deadline, f"never happened: {what}"
        await asyncio.sleep(0.005)
