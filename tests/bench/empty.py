"""The baseline of the registry's API: a FastAPI route that does nothing but verify a token."""

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
    """Serve on the loopback port given, for tokens of the issuer given."""
    app.state.issuer = sys.argv[2]
    app.state.key = jwt.PyJWKClient(f"{sys.argv[2]}/jwks").get_signing_keys()[0].key
    uvicorn.run(
        app, port=int(sys.argv[1]), http="httptools", loop="uvloop", lifespan="off", log_level="error", access_log=False
    )


if __name__ == "__main__":
    main()
