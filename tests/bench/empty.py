"""The baseline of the registry's API: a FastAPI route that does nothing but verify a token, each time anew.

The registry remembers a token for up to a minute, and the bar is for people who ask again within it; what a token costs
that it never saw, and verifies as this route does, is a reading beside it. Both are reached by a unix socket.
"""

import socket
import sys
from typing import Annotated

import jwt
import uvicorn
from fastapi import Depends, FastAPI, Header

app = FastAPI(openapi_url=None)


async def caller(authorization: Annotated[str, Header()]) -> str:
    """Who asks."""
    claims = jwt.decode(
        authorization.removeprefix("Bearer "), app.state.key, ["RS256"], audience="seedbed", issuer=app.state.issuer
    )
    return str(claims["sub"])


@app.get("/")
async def nothing(who: Annotated[str, Depends(caller)]) -> dict[str, str]:
    return {"person": who}


def main() -> None:
    """Serve on the loopback port and at the unix socket given, for tokens of the issuer given."""
    port, issuer, path = sys.argv[1:]
    app.state.issuer = issuer
    app.state.key = jwt.PyJWKClient(f"{issuer}/jwks").get_signing_keys()[0].key
    config = uvicorn.Config(
        app, http="httptools", loop="uvloop", lifespan="off", log_level="error", access_log=False, server_header=False
    )
    with socket.create_server(("127.0.0.1", int(port))) as tcp, socket.socket(socket.AF_UNIX) as unix:
        unix.bind(path)
        uvicorn.Server(config).run([tcp, unix])


if __name__ == "__main__":
    main()
