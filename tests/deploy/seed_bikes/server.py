"""What an assistant may do with Bikes: find a station with bikes to ride."""

from typing import Annotated

from pydantic import BaseModel, Field

from platform_core import NotFound, Server, authorize_tool

server = Server(__name__)

STANDING = {"Harbour": 4, "Market": 0, "Old Town": 7}


class Standing(BaseModel):
    """How many bikes stand at which station."""

    bikes: dict[str, int]


@server.tool()
@authorize_tool(policy="ride")
async def find_bikes(
    place: Annotated[str, Field(max_length=40, description="Part of a station's name; all if empty.")] = "",
) -> Standing:
    """Find the stations where bikes stand, by a part of their name."""
    found = {name: bikes for name, bikes in STANDING.items() if bikes and place.lower() in name.lower()}
    if not found:
        raise NotFound(f"No bike stands at {place!r}. The stations are {', '.join(STANDING)}.")
    return Standing(bikes=found)
