"""The same tool through Seedbed's layers: token, policy, record in the spool; over TCP as the baseline is."""

import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn

from platform_core.adapter import session_managers
from platform_core.auth.jwks import JwksFollower
from platform_core.auth.tokens import Verifier
from platform_core.endpoint import Endpoint
from platform_core.experiment import unreviewed
from platform_core.running import host_security
from platform_core.telemetry.spool import Spool
from tests.bench.fixture.server import server
from tests.bench.tokens import AUDIENCE, ISSUER, key_document


def main() -> None:
    """Serve on the loopback port given, spooling into the folder given; a third word `spans` sets an exporter up."""
    if "spans" in sys.argv[3:]:
        from tests.bench.exporter import export_spans  # costs start and memory where no exporter is asked for

        export_spans()
    port, folder = int(sys.argv[1]), Path(sys.argv[2])
    keys = JwksFollower("http://127.0.0.1:9/never-fetched")
    keys.set.replace(key_document(folder))
    layer = unreviewed(server, Spool(folder / "spool"))
    short, long = session_managers(server.compose(layer), host_security(f"http://127.0.0.1:{port}"))

    @asynccontextmanager
    async def running() -> AsyncGenerator[None]:
        async with short.run(), long.run():
            yield

    app = Endpoint(
        server="bench",
        how_to_ask="",
        metadata_url="",
        verifier=Verifier(keys, issuer=ISSUER, audience=AUDIENCE),
        layer=layer,
        short=short.asgi_app,
        long=long.asgi_app,
        long_tools=(),
        while_running=running,
    )
    uvicorn.run(app, port=port, http="httptools", loop="uvloop", log_level="error", access_log=False)


if __name__ == "__main__":
    main()
