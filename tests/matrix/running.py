"""The world put up: real Envoy, real registry, real agent; the servers in this process."""

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx2
from cryptography.hazmat.primitives import serialization

from gateway.admin import Admin
from gateway.compile.bundle import Bundle
from gateway.envoy import Envoy
from gateway.identities import Identities
from gateway.install import Installer
from gateway.settings import compiler
from gateway.truth import is_serving
from platform_core.auth.jwks import JwksFollower
from platform_core.mesh.follow import SvidFollower
from platform_core.mesh.tls import MeshContext
from platform_core.policy.sign import sign
from platform_core.testing.people import ROLE_GROUPS
from tests.gateway.programs import eventually, serving
from tests.matrix import many, reviewing
from tests.matrix.asking import Visitors, visitors
from tests.matrix.draws import DOMAIN, ENVIRONMENTS
from tests.matrix.fixture.server import named
from tests.matrix.many import Composition
from tests.matrix.world import IDENTITIES, KEY, WORKLOADS, Locks, World, auth, gateway, keys_file, platform


@asynccontextmanager
async def standing_up(world: World, locks: Locks, *, registry: bool = True) -> AsyncGenerator[Visitors]:
    """Run the world and hand out its visitors."""
    with ExitStack() as programs:
        programs.enter_context(serving(world.issuer, port=world.issuer.port))
        programs.enter_context(_agent(world))
        if registry:
            programs.enter_context(_signer(world))
            programs.enter_context(_registry(world))
            for at in ("platform/registry.sock", "signer/signer.sock"):
                path = world.folder / at
                await asyncio.to_thread(eventually, lambda path=path: _is_ready(path), f"{path.name} is ready")
            await reviewing.bring_up(world)
        async with AsyncExitStack() as parts:
            await parts.enter_async_context(_servers(world, locks.servers))
            await parts.enter_async_context(_proxy(world, locks.proxy))
            contexts = await parts.enter_async_context(_identities(world))
            yield await parts.enter_async_context(visitors(world.doors, world.token, contexts))


@asynccontextmanager
async def _running(*parts: Any) -> AsyncGenerator[None]:
    tasks = [asyncio.create_task(part) for part in parts]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def _servers(world: World, how: Composition) -> AsyncGenerator[None]:
    keys = JwksFollower(f"{world.issuer.url}/jwks")
    async with _running(keys.run()):
        await keys.wait_ready()
        apps = {
            (policy.environment, name): many.marked(
                many.composed(named(name), policy, world.standing[policy.environment], keys, world.issuer.url, how)
            )
            for name, policy in world.policies.items()
        }
        async with many.serving(world.folder, apps):
            yield


@asynccontextmanager
async def _proxy(world: World, changed: Callable[[Bundle], Bundle]) -> AsyncGenerator[None]:
    making = compiler(gateway(world), platform(world), auth(world))
    admin = Admin(world.folder / "envoy/admin.sock")
    identity = Identities(socket=world.folder / "agent.sock", folder=making.places.identity, trust_domain=DOMAIN)
    envoy = Envoy(xds=making.places.xds, admin=admin, logs=world.folder / "state/gateway", workers=1)
    async with _running(identity.run()):
        await identity.wait_ready()
        bundle = changed(making.compile(world.rulings, now=time.time()))
        await asyncio.to_thread(Installer(making.places.xds, admin).install, bundle)
        async with _running(envoy.run()):
            try:
                await asyncio.to_thread(eventually, lambda: is_serving(admin.path, 4), "Envoy serves on four doors")
                await asyncio.to_thread(
                    eventually, lambda: _healthy(admin) == len(world.policies), "every server is well"
                )
                yield
            finally:
                await envoy.stop(drain=0)


def _healthy(admin: Admin) -> int:
    return sum(value == "1" for value in admin.stats(r"^cluster\..*\.membership_healthy$").values()) - 3


@asynccontextmanager
async def _identities(world: World) -> AsyncGenerator[dict[str, MeshContext]]:
    followers = {name: SvidFollower(socket=world.folder / "agent.sock", spiffe_id=name) for name in IDENTITIES}
    async with _running(*(follower.run() for follower in followers.values())):
        for follower in followers.values():
            await follower.wait_ready()
        gateway = f"spiffe://{DOMAIN}/gateway"
        yield {name: MeshContext(follower, peer=gateway) for name, follower in followers.items()}


@contextmanager
def _process(module: str, settings: dict[str, str], log: Path) -> Generator[None]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SEEDBED_")}
    with open(log, "ab") as out:
        process = subprocess.Popen([sys.executable, "-m", module], env=clean | settings, stdout=out, stderr=out)
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)


def _agent(world: World) -> contextlib.AbstractContextManager[None]:
    settings = {
        "SEEDBED_MESH_SOCKET": str(world.folder / "agent.sock"),
        "SEEDBED_MESH_STATE": str(world.folder / "mesh"),
        "SEEDBED_MESH_ENTRIES": json.dumps(["/gateway", *WORKLOADS]),
    }
    return _process("deploy.local.mesh", settings, world.folder / "mesh.log")


def _shared(world: World) -> dict[str, str]:
    return {
        "SEEDBED_STACK": "local",
        "SEEDBED_PLATFORM_BASE": world.doors["production", "edge"],
        "SEEDBED_PLATFORM_RUN": str(world.folder),
        "SEEDBED_PLATFORM_STATE": str(world.folder / "state"),
        "SEEDBED_PLATFORM_REGISTRY_SOCKET": str(world.folder / "platform/registry.sock"),
        "SEEDBED_PLATFORM_POLICY_KEYS_FILE": str(keys_file(world)),
    }


def _signer(world: World) -> contextlib.AbstractContextManager[None]:
    plain = serialization.NoEncryption()
    pem = world.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (world.folder / "key.pem").write_bytes(pem)
    own = {"SEEDBED_SIGNER_KEY_ID": KEY, "SEEDBED_SIGNER_KEY_FILE": str(world.folder / "key.pem")}
    return _process("registry.signer", _shared(world) | own, world.folder / "signer.log")


@contextmanager
def _registry(world: World) -> Generator[None]:
    (world.folder / "secret").write_text("word")
    secret = str(world.folder / "secret")
    settings = _shared(world) | {
        "SEEDBED_AUTH_ISSUER": world.issuer.url,
        "SEEDBED_AUTH_JWKS_URL": f"{world.issuer.url}/jwks",
        "SEEDBED_REGISTRY_BASES": json.dumps({env: world.doors[env, "edge"] for env in ENVIRONMENTS}),
        "SEEDBED_REGISTRY_CLIENT_SECRET_FILE": secret,
        "SEEDBED_REGISTRY_PROBE_SECRET_FILE": secret,
        "SEEDBED_REGISTRY_PROBE_DEV_SECRET_FILE": secret,
        "SEEDBED_REGISTRY_PROBE_SECONDS": "3600",
        "SEEDBED_REGISTRY_ROLE_GROUPS": json.dumps(dict(ROLE_GROUPS)),
    }
    suspended = world.folder / "suspensions"
    suspended.mkdir()
    for env in ENVIRONMENTS:
        if (found := world.standing[env].suspensions) is not None:
            envelope = sign(found, key=KEY, private=world.key)
            (suspended / f"{env}.json").write_text(envelope.model_dump_json())
    with _process("registry", settings, world.folder / "registry.log"):
        yield


def _is_ready(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as caller:
        if caller.connect_ex(str(path)) != 0:
            return False
    with httpx2.Client(transport=httpx2.HTTPTransport(uds=str(path)), base_url="http://part") as part:
        return part.get("/health/ready").status_code == 200
