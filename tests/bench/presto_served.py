"""The Presto server over TCP with its own verdicts and records, for programs that people use: `PORT FOLDER`."""

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
from platform_core.testing import desk_in
from servers.presto.server import server
from tests.bench.tokens import AUDIENCE, ISSUER, key_document


def main() -> None:
    """Serve on the loopback port given; the folder has the keys and takes the spool; settings say which engine."""
    port, folder = int(sys.argv[1]), Path(sys.argv[2])
    keys = JwksFollower("http://127.0.0.1:9/never-fetched")
    keys.set.replace(key_document(folder))
    layer = unreviewed(server, Spool(folder / "spool"))
    composed = server.compose(layer, desk_in(folder / "served-desk", server))
    short, long = session_managers(composed, host_security(f"http://127.0.0.1:{port}"))

    @asynccontextmanager
    async def running() -> AsyncGenerator[None]:
        async with short.run(), long.run():
            yield

    app = Endpoint(
        server="presto", how_to_ask="", metadata_url="", verifier=Verifier(keys, issuer=ISSUER, audience=AUDIENCE),
        layer=layer, short=short.asgi_app, long=long.asgi_app, long_tools=server.long_tools, while_running=running,
    )  # fmt: skip
    uvicorn.run(app, port=port, log_level="error", access_log=False)


if __name__ == "__main__":
    main()
