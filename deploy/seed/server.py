"""What an assistant may do with Seed: greet the person who calls."""

from typing import Annotated

from pydantic import BaseModel, Field

from platform_core import Caller, Server, authorize_tool

server = Server(__name__)


class Greeting(BaseModel):
    """A greeting and whom it is for."""

    text: str
    person: str


@server.tool()
@authorize_tool(policy="greet")
async def greet(
    caller: Caller,
    word: Annotated[str, Field(min_length=1, max_length=40, description="How to greet.")] = "Hello",
) -> Greeting:
    """Greet the person who calls, by the login that the platform verified."""
    return Greeting(text=f"{word}, {caller.subject}!", person=caller.subject)
