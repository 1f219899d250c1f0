"""A server that is tried out: one short tool, and one that goes on until its caller leaves or somebody closes it."""

import asyncio
from typing import Annotated

from mcp.server.mcpserver import Context
from pydantic import Field

from platform_core import Caller, Server, authorize_tool

server = Server(__name__)


@server.tool()
@authorize_tool(policy="browse")
async def pick(caller: Caller, paper: Annotated[str, Field(max_length=40, description="Which one.")]) -> str:
    """Pick a paper."""
    return f"{paper} for {caller.subject}"


@server.tool(long=True)
@authorize_tool(policy="browse")
async def queue(context: Context) -> str:  # pyright: ignore[reportMissingTypeArgument, reportUnknownParameterType]
    """Stand in line, for ever."""
    await context.report_progress(0.0)
    await asyncio.Event().wait()
    return "never"
