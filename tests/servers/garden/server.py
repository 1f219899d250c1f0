"""What an assistant may do in the garden: look, water, and with somebody's yes pull up."""

from typing import Annotated

from pydantic import BaseModel, Field

from platform_core import Caller, Question, Server, authorize_tool, began, requires_approval
from tests.servers.garden.beds import FREE_LITRES, garden

server = Server(__name__)

Bed = Annotated[str, Field(max_length=40, description="One of the beds that `look` knows, such as roses.")]
Litres = Annotated[int, Field(ge=1, le=10_000, description="How much to pour.")]
Plants = Annotated[int, Field(ge=1, le=1_000, description="How many plants.")]


class Seen(BaseModel):
    """A bed and what grows in it."""

    bed: str
    plants: int


async def much_water(bed: str, litres: int, caller: Caller) -> Question | None:
    """Ask before a bed takes more than the rain barrel holds."""
    if litres <= FREE_LITRES:
        return None
    return Question(
        text=f"Pour {litres:,} l on {bed}?",
        target=bed,
        effect=f"{litres - FREE_LITRES:,} l of it come from the mains, on {caller.subject}'s bill.",
    )


async def whole_bed(bed: str) -> Question:
    """Ask before a bed is cleared, for the plants that stand there now."""
    plants = garden.plants(bed)
    return Question(
        text=f"Clear {bed}?", target=bed, effect=f"All {plants} plants go.", precondition=f"{plants} plants in {bed}"
    )


@server.tool()
@authorize_tool(policy="look")
async def look(bed: Bed) -> Seen:
    """Count the plants of one bed."""
    return Seen(bed=bed, plants=garden.plants(bed))


@server.tool()
@authorize_tool(policy="tend")
@requires_approval(much_water)
async def water(bed: Bed, litres: Litres) -> str:
    """Water one bed."""
    garden.note(f"water {bed} {litres}")
    return f"{bed} had {litres} l"


@server.tool()
@authorize_tool(policy="tend")
@requires_approval("Pull up {plants} plants of {bed}?", target="{bed}", effect="{plants:,} plants go for good.")
async def pull_up(bed: Bed, plants: Plants, caller: Caller, confirm: bool = False) -> Seen:
    """Pull up plants of one bed. Saying `confirm` confirms nothing."""
    garden.note(f"pull_up {bed} {plants} for {caller.subject}")
    await began(f"garden:job/{bed}-{plants}")
    await garden.pull_up(bed, plants)
    return Seen(bed=bed, plants=garden.plants(bed))


@server.tool()
@authorize_tool(policy="tend")
@requires_approval(whole_bed)
async def clear(bed: Bed) -> Seen:
    """Pull up everything in one bed."""
    garden.note(f"clear {bed}")
    await garden.pull_up(bed, garden.plants(bed))
    return Seen(bed=bed, plants=0)
