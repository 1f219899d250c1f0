"""`python -m tests.conformance.everything FD`: the suite's server, composed through the platform's own layers.

Only the verifier is a stand-in: it knows one caller. The little proxy in front does what Envoy does for a real one.
"""

import socket
import sys
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

from platform_core.adapter import ComposedServer, Tool, protocol_server, put_around, session_managers
from platform_core.auth.principal import Principal
from platform_core.endpoint import Endpoint
from platform_core.experiment import Fixed, draft
from platform_core.layer import Layer
from platform_core.recording import Recorder
from platform_core.registration.contract import Contract, NamedPromise, ToolPromise
from platform_core.registration.manifest import Manifest
from platform_core.running import host_security
from platform_core.stdio import Forgotten
from tests.conformance import asking, contents
from tests.conformance.named import PROMPTS, RESOURCES

MANIFEST = Manifest.model_validate(
    {
        "name": "everything",
        "title": "Everything",
        "summary": "What the conformance suite asks a server to have.",
        "owner": "platform",
        "channels": "#ask-platform",
        "proposes": {
            "surfaces": "cli",
            "business_groups": "*",
            "policies": {"everyone": {"employment": "employee"}},
        },
        "tools": {},
    }
)
CALLER = Principal(
    subject="ana", employment="employee", client="seedbed-cli", surface="cli", expires_at=time.time() + 86_400
)
LONG = frozenset(
    {"test_tool_with_progress", "test_tool_with_logging", "test_logging_tool", "test_streaming_elicitation"}
)


class OneCaller:
    """A verifier to which every token is the same person's."""

    trust_domain = "seedbed.internal"

    def verify(self, token: str, *, workload: str | None = None, channel: str | None = None) -> Principal:
        return CALLER


def tools() -> list[Tool]:
    """The fixture tools; they return wire results, so no schema is made of what they return."""
    found = [f for module in (contents, asking) for name, f in vars(module).items() if name.startswith("test_")]
    return [Tool.from_function(function, structured_output=False) for function in found]


def contract(published: list[Tool]) -> Contract:
    """What reviews would have seen of it."""
    return Contract(
        server="everything",
        tools={tool.name: _promise(tool) for tool in published},
        resources={uri: _named(function) for uri, (function, _) in RESOURCES.items()},
        prompts={function.__name__: _named(function) for function in PROMPTS},
    )


def everything(port: int) -> Endpoint:
    """The whole server as one ASGI application."""
    published = tools()
    promised = contract(published)
    server = protocol_server(MANIFEST, "1.0.0", published, ttl_ms=30_000, desk=None)
    _publish(server)
    recorder = Recorder(manifest=MANIFEST, contract=promised, version="1.0.0", environment="dev", spool=Forgotten())
    layer = Layer(contract=promised, in_force=Fixed(draft(MANIFEST, promised)), recorder=recorder)
    put_around(server, layer)
    short, long = session_managers(server, host_security(f"http://127.0.0.1:{port}"))

    @asynccontextmanager
    async def running() -> AsyncGenerator[None]:
        async with short.run(), long.run():
            yield

    return Endpoint(
        server="everything",
        how_to_ask=MANIFEST.how_to_ask,
        metadata_url=f"http://127.0.0.1:{port}/.well-known/oauth-protected-resource/mcp/everything",
        verifier=OneCaller(),  # type: ignore[arg-type]
        layer=layer,
        short=short.asgi_app,
        long=long.asgi_app,
        long_tools=LONG,
        while_running=running,
    )


class Proxy:
    """Adds what Envoy adds for a caller who is logged in."""

    def __init__(self, app: Endpoint) -> None:
        self._app = app

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            identity = [(b"authorization", b"Bearer conformance"), (b"x-forwarded-user", CALLER.subject.encode())]
            scope = {**scope, "headers": [*scope["headers"], *identity]}
        await self._app(scope, receive, send)


def _publish(server: ComposedServer) -> None:
    for uri, (function, mime_type) in RESOURCES.items():
        server.resource(uri, description=function.__doc__, mime_type=mime_type)(function)
    for function in PROMPTS:
        server.prompt(description=function.__doc__)(function)


def _promise(tool: Tool) -> ToolPromise:
    return ToolPromise(
        description=tool.description,
        input=tool.parameters,
        output=None,
        policy="everyone",
        risk="low",
        data_class="public",
    )


def _named(function: Callable[..., Any]) -> NamedPromise:
    return NamedPromise(description=function.__doc__ or "", policy="everyone")


def main(listener: socket.socket) -> None:
    """Serve on a socket that listens already: whoever connects early waits, and nobody has to ask whether it is up."""
    config = uvicorn.Config(Proxy(everything(listener.getsockname()[1])), http="httptools", log_level="warning")
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
