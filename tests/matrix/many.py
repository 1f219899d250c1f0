"""Many servers of the platform in one process, each on the socket where the proxy looks for it."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from platform_core.adapter import session_managers
from platform_core.auth.jwks import JwksFollower
from platform_core.auth.tokens import Verifier
from platform_core.endpoint import Endpoint
from platform_core.experiment import Fixed
from platform_core.hosting import bind
from platform_core.layer import Layer
from platform_core.policy.artefact import PolicyArtefact
from platform_core.policy.standing import Standing
from platform_core.recording import Recorder
from platform_core.running import host_security, socket_of
from platform_core.server import Server
from platform_core.testing import Kept

BY_SERVER = (b"x-decided-by", b"server")
"""Put on every answer of a server here: what comes without it was answered by the proxy."""


@dataclass(frozen=True, kw_only=True)
class Composition:
    """How a server is put together; a test that takes a lock away hands in its own."""

    layer: type[Layer] = Layer
    endpoint: type[Endpoint] = Endpoint


class _Quiet(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


def composed(
    server: Server, policy: PolicyArtefact, standing: Standing, keys: JwksFollower, issuer: str, how: Composition
) -> Endpoint:
    """One server with the whole platform around it, under a policy that nobody follows."""
    contract, name = server.contract(), server.manifest.name
    recorder = Recorder(
        manifest=server.manifest, contract=contract, version="1", environment=policy.environment, spool=Kept()
    )
    layer = how.layer(contract=contract, in_force=Fixed(policy, standing), recorder=recorder)
    short, long = session_managers(server.compose(layer), host_security("http://127.0.0.1"))

    @asynccontextmanager
    async def while_running() -> AsyncGenerator[None]:
        async with short.run(), long.run():
            yield

    return how.endpoint(
        server=name, how_to_ask=policy.how_to_ask, metadata_url=f"http://127.0.0.1/{name}",
        verifier=Verifier(keys, issuer=issuer, audience="seedbed", environment=policy.environment),
        layer=layer, short=short.asgi_app, long=long.asgi_app, long_tools=(), while_running=while_running,
    )  # fmt: skip


def marked(app: Endpoint) -> Any:
    """`app`, saying on every answer that it was the server who answered."""

    async def answering(scope: Any, receive: Any, send: Any) -> None:
        async def signed(message: Any) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], BY_SERVER]}
            await send(message)

        await app(scope, receive, signed if scope["type"] == "http" else send)

    return answering


@asynccontextmanager
async def serving(run: Path, apps: Mapping[tuple[str, str], Any]) -> AsyncGenerator[None]:
    """Serve every app of `(environment, server)` on its socket while the block runs."""
    async with AsyncExitStack() as stack:
        servers = [
            _Quiet(uvicorn.Config(app, http="httptools", lifespan="on", log_config=None)) for app in apps.values()
        ]
        sockets = [stack.enter_context(bind(socket_of(run, environment, name))) for environment, name in apps]
        tasks = [asyncio.create_task(one.serve(sockets=[at])) for one, at in zip(servers, sockets, strict=True)]
        while not all(one.started for one in servers):  # noqa: ASYNC110  # uvicorn offers no event for it
            await asyncio.sleep(0.01)
        try:
            yield
        finally:
            for one in servers:
                one.should_exit = one.force_exit = True
            await asyncio.gather(*tasks)
