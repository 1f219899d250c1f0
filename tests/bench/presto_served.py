"""The Presto server over TCP with its own verdicts and records, for programs that people use: `PORT FOLDER`."""

import sys
from pathlib import Path

import uvicorn

from platform_core.auth.jwks import JwksFollower
from platform_core.auth.tokens import Verifier
from platform_core.telemetry.spool import Spool
from platform_core.testing import desk_in
from servers.presto.server import server
from tests.bench.tokens import AUDIENCE, ISSUER, key_document
from tests.platform_core.border import behind_its_border


def main() -> None:
    """Serve on the loopback port given; the folder has the keys and takes the spool; settings say which engine."""
    port, folder = int(sys.argv[1]), Path(sys.argv[2])
    keys = JwksFollower("http://127.0.0.1:9/never-fetched")
    keys.set.replace(key_document(folder))
    app = behind_its_border(
        server, f"http://127.0.0.1:{port}", verifier=Verifier(keys, issuer=ISSUER, audience=AUDIENCE),
        spool=Spool(folder / "spool"), desk=desk_in(folder / "served-desk", server),
    )  # fmt: skip
    uvicorn.run(app, port=port, log_level="error", access_log=False)


if __name__ == "__main__":
    main()
