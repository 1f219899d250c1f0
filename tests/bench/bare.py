"""The baseline: the SDK's own server in JSON mode with httptools and uvloop over TCP, no exporter unless asked."""

import sys

import uvicorn
from mcp.server.mcpserver import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from pydantic import BaseModel

server = MCPServer("bench", log_level="ERROR")


class Echo(BaseModel):
    """What was said."""

    text: str


@server.tool()
async def echo(text: str) -> Echo:
    """Say it again."""
    return Echo(text=text)


def main() -> None:
    """Serve on the loopback port given; a second word `spans` sets an exporter up."""
    if "spans" in sys.argv[2:]:
        from tests.bench.exporter import export_spans  # costs start and memory where no exporter is asked for

        export_spans()
    hosts = TransportSecuritySettings(allowed_hosts=["127.0.0.1:*"], allowed_origins=[])
    app = server.streamable_http_app(json_response=True, stateless_http=True, transport_security=hosts)
    uvicorn.run(app, port=int(sys.argv[1]), http="httptools", loop="uvloop", log_level="error", access_log=False)


if __name__ == "__main__":
    main()
