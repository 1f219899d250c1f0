"""Surfaces and services of the mesh, played by the tests: who they are they prove by a real SVID."""

import asyncio
import threading
from collections.abc import Generator
from contextlib import contextmanager

from deploy.local.stack.home import Home
from platform_core.auth.clients import CLIENTS, Environment
from platform_core.mesh.follow import SvidFollower
from platform_core.mesh.tls import MeshContext
from tests.e2e.edge import Edge
from tests.e2e.waiting import PATIENCE, awaited

TRUST_DOMAIN = "seedbed.internal"
GATEWAY = f"spiffe://{TRUST_DOMAIN}/gateway"


@contextmanager
def workload(home: Home, path: str) -> Generator[SvidFollower]:
    """The identity of a program that the agent of this machine knows, kept fresh while the block runs."""
    identity = SvidFollower(socket=home.workload_socket, spiffe_id=f"spiffe://{TRUST_DOMAIN}{path}")
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    following = asyncio.run_coroutine_threadsafe(identity.run(), loop)
    try:
        awaited(lambda: identity.current, f"the agent knows {path}")
        yield identity
    finally:
        following.cancel()
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE)
        loop.close()


@contextmanager
def mesh(home: Home, environment: Environment, path: str, *, client_id: str = "seedbed-web-chat") -> Generator[Edge]:
    """The mesh's door of an environment, for the program with this identity; people sign in through `client_id`."""
    with workload(home, path) as identity:
        tls = MeshContext(identity, peer=GATEWAY)
        door = Edge(home, environment, client_id=client_id, base=home.mesh(environment), tls=tls)
        try:
            yield door
        finally:
            door.close()


@contextmanager
def surface(home: Home, client_id: str) -> Generator[Edge]:
    """A surface as it is: its own client, identity and environment."""
    known = CLIENTS[client_id]
    with mesh(home, known.environment, known.workload or "", client_id=client_id) as door:
        yield door
