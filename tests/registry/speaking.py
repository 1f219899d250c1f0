"""Live servers that list what was registered, or something else."""

import contextlib
from collections.abc import Callable
from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations

from tests.registry.stage import TOOLS


def speaking(server: str) -> MCPServer:
    """A server that lists exactly what was registered."""
    program = MCPServer(server, version="1.0.0")
    for name in TOOLS[server]:
        offer(program, name, TOOLS[server][name].description)
    return program


async def nothing(words: str) -> str:
    return words


async def wider(words: str, force: bool = False) -> str:
    return words


def offer(
    program: MCPServer,
    name: str,
    description: str,
    *,
    change: bool = False,
    as_data: bool = False,
    does: Callable[..., Any] = nothing,
) -> None:
    """Let the program list a tool as the registered ones are, but for what is changed; instead of the one before."""
    with contextlib.suppress(ToolError):
        program.remove_tool(name)
    hints = ToolAnnotations(read_only_hint=not change, destructive_hint=change)
    program.add_tool(does, name=name, description=description, annotations=hints, structured_output=as_data)
