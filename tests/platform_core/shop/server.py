"""What an assistant may do in the shop: a tool of every kind, two resources, two prompts."""

import asyncio
from typing import Annotated, Literal

from mcp.server.mcpserver import Context
from pydantic import BaseModel, Field

from platform_core import Caller, Cell, Denied, NotFound, Server, Unavailable, Untrusted, authorize_tool
from tests.platform_core.shop.diary import diary

server = Server(__name__)

CRASH = "the database said: password=hunter2 at 10.0.0.7"
"""What a crash says to nobody but the log."""


class Thing(BaseModel):
    """Something on a shelf."""

    name: str
    note: Untrusted
    """Whatever its maker wrote on it."""
    cells: list[Cell]


@server.tool()
@authorize_tool(policy="browse")
async def look(thing: Annotated[str, Field(max_length=40)], note: str = "") -> Thing:
    """Look at one thing."""
    diary.write(f"look {thing}")
    return Thing(name=thing, note=Untrusted(note), cells=[note, 7, None])


@server.tool()
@authorize_tool(policy="browse")
async def read_aloud(text: str) -> Untrusted:
    """Read a text that came out of data."""
    diary.write("read_aloud")
    return Untrusted(text)


@server.tool(long=True)
@authorize_tool(policy="browse")
async def walk(steps: int, context: Context) -> str:  # pyright: ignore[reportMissingTypeArgument, reportUnknownParameterType]
    """Walk so many steps and say each; walk on for ever when asked for none."""
    diary.write(f"walk {steps}")
    try:
        for step in range(steps):
            await context.report_progress(step + 1, steps, f"step {step + 1}")
        if not steps:
            await context.report_progress(0.0)
            await asyncio.Event().wait()
    except asyncio.CancelledError:
        diary.write("walk was cancelled")
        raise
    return f"walked {steps}"


@server.tool()
@authorize_tool(policy="browse")
async def stumble(how: Literal["expected", "busy", "denied", "crash", "value", "parse"]) -> str:
    """Fail in one way."""
    diary.write(f"stumble {how}")
    match how:
        case "expected":
            raise NotFound("There is no such shelf. `look` shows what there is.")
        case "busy":
            raise Unavailable("The shop is full; come back in two seconds.", retry_after=2)
        case "denied":
            raise Denied("The owner of that shelf said no.")
        case "crash":
            raise RuntimeError(CRASH)
        case "value":
            raise ValueError(CRASH)
        case "parse":
            Thing.model_validate({"name": CRASH})
    return "unharmed"


@server.tool()
@authorize_tool(policy="buy")
async def buy(
    thing: str,
    caller: Caller,
    card: Annotated[str, Field(json_schema_extra={"format": "password"})] = "",
    pin: Annotated[str, Field(json_schema_extra={"writeOnly": True})] = "",
) -> str:
    """Buy one thing with a card."""
    diary.write(f"buy {thing} for {caller.subject}")
    return f"{thing} is {caller.subject}'s"


@server.tool()
@authorize_tool(policy="buy")
async def paint(colour: str) -> str:
    """Paint the shop: it changes what is there."""
    diary.write(f"paint {colour}")
    if colour == "invisible":
        raise RuntimeError(CRASH)
    return f"the shop is {colour}"


@server.tool()
@authorize_tool(policy="nobody")
async def keep_out() -> str:
    """Enter the room that is closed to everybody."""
    diary.write("keep_out")
    return "inside"


@server.resource("shop://rules")
@authorize_tool(policy="browse")
async def rules() -> str:
    """What is allowed in the shop."""
    diary.write("rules")
    return "Touch nothing."


@server.resource("shop://ledger")
@authorize_tool(policy="buy")
async def ledger() -> str:
    """Who bought what."""
    diary.write("ledger")
    return "ana: a vase"


@server.resource("shop://cellar")
@authorize_tool(policy="browse")
async def cellar() -> str:
    """A room where everybody stumbles."""
    raise RuntimeError(CRASH)


@server.prompt()
@authorize_tool(policy="browse")
async def greeting() -> str:
    """Words to come in with."""
    diary.write("greeting")
    return "Say hello."


@server.prompt()
@authorize_tool(policy="buy")
async def offer(thing: str) -> str:
    """Words to buy with."""
    diary.write("offer")
    return f"Ask for {thing}."
