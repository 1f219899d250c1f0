"""Any server behind its real border: tokens are verified, the manifest's own wish is in force."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from platform_core.adapter import session_managers
from platform_core.approval.desk import Desk
from platform_core.auth.tokens import Verifier
from platform_core.endpoint import Endpoint
from platform_core.experiment import unreviewed
from platform_core.recording import Spooling
from platform_core.running import host_security
from platform_core.server import Server


def behind_its_border(server: Server, base: str, *, verifier: Verifier, spool: Spooling, desk: Desk) -> Endpoint:
    """The ASGI application that answers below `base`."""
    layer = unreviewed(server, spool)
    short, long = session_managers(server.compose(layer, desk), host_security(base))

    @asynccontextmanager
    async def running() -> AsyncGenerator[None]:
        async with short.run(), long.run():
            yield

    return Endpoint(
        server=server.manifest.name, how_to_ask=server.manifest.how_to_ask, metadata_url="", verifier=verifier,
        layer=layer, short=short.asgi_app, long=long.asgi_app, long_tools=server.long_tools, while_running=running,
    )  # fmt: skip
