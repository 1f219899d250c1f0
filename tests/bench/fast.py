"""fastmcp's server with its own JWT check; run by a Python of its own, where fastmcp is installed."""
# pyright: reportMissingImports=false, reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportUntypedFunctionDecorator=false, reportMissingTypeStubs=false, reportUnknownArgumentType=false

import sys
from pathlib import Path

import uvicorn
from fastmcp import FastMCP  # pants: no-infer-dep
from fastmcp.server.auth.providers.jwt import JWTVerifier  # pants: no-infer-dep
from pydantic import BaseModel


class Echo(BaseModel):
    """What was said."""

    text: str


def main() -> None:
    """Serve on the loopback port given; the folder given holds the public key."""
    port, folder = int(sys.argv[1]), Path(sys.argv[2])
    key = (folder / "public.pem").read_text()
    auth = JWTVerifier(public_key=key, issuer="http://issuer.bench", audience="seedbed", algorithm="RS256")
    server = FastMCP("bench", auth=auth)

    @server.tool
    async def echo(text: str) -> Echo:  # pyright: ignore[reportUnusedFunction]
        """Say it again."""
        return Echo(text=text)

    app = server.http_app(path="/mcp", json_response=True, stateless_http=True)
    uvicorn.run(app, port=port, http="httptools", loop="uvloop", log_level="error", access_log=False)


if __name__ == "__main__":
    main()
