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
from platform_core.experiment import draft
from platform_core.layer import Layer
from platform_core.running import host_security
from platform_core.stdio import Fixed
from platform_core.telemetry.metrics import Metrics
from platform_core.telemetry.spool import Spool
from tests.bench.fixture.server import server
from tests.bench.tokens import AUDIENCE, ISSUER, key_document


def main() -> None:
    """Serve on the loopback port given, spooling into the folder given."""
    port, folder = int(sys.argv[1]), Path(sys.argv[2])
    keys = JwksFollower("http://127.0.0.1:9/never-fetched")
    keys.set.replace(key_document(folder))
    contract = server.contract()
    layer = Layer(
        manifest=server.manifest,
        contract=contract,
        version="1",
        environment="production",
        in_force=Fixed(draft(server.manifest, contract, environment="production")),
        spool=Spool(folder / "spool"),
        metrics=Metrics(),
    )
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
