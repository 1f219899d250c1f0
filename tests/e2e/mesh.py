"""Surfaces and services of the mesh, played by the tests: who they are they prove by a real SVID."""

import asyncio
import contextlib
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
    following = loop.create_task(identity.run())
    thread = threading.Thread(target=_until_cancelled, args=(loop, following))
    thread.start()
    try:
        awaited(lambda: identity.current, f"the agent knows {path}")
        yield identity
    finally:
        loop.call_soon_threadsafe(following.cancel)
        thread.join(PATIENCE)


def _until_cancelled(loop: asyncio.AbstractEventLoop, following: asyncio.Task[None]) -> None:
    # To its very end: a channel that is left open speaks to a loop that is closed, in the middle of a later test.
    with contextlib.suppress(asyncio.CancelledError):
        loop.run_until_complete(following)
    loop.run_until_complete(loop.shutdown_asyncgens())
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
