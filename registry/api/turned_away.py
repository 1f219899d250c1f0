"""What the proxy refused, as the gateway reads it out of the access log."""

from typing import Annotated

from fastapi import APIRouter, Body
from pydantic import BaseModel, ConfigDict, Field

from platform_core.policy.artefact import Environment
from registry.parts import PartsHere
from registry.store import turned_away

router = APIRouter()
BATCH = 200
YEAR_3000 = 32_503_680_000
Words = Annotated[str, Field(max_length=2_000)]


class ProxyRefusal(BaseModel):
    """One request that ended at the proxy."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(min_length=1, max_length=64)]
    """Made by the gateway, once: a refusal with the same id is taken only once."""
    time: Annotated[float, Field(ge=0, lt=YEAR_3000)]
    environment: Environment
    trace_id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")] | None = None
    user: Words | None = None
    workload: Words | None = None
    server: Words | None = None
    tool: Words | None = None
    status: Annotated[int, Field(ge=100, le=599)]
    code: Words
    rule: Words
    detail: Words
    how_to_ask: Words | None = None


@router.post("/api/refusals")
async def take_refusals(
    parts: PartsHere, refusals: Annotated[list[ProxyRefusal], Body(max_length=BATCH)]
) -> dict[str, int]:
    """Take in refusals; sent twice, one is taken once."""
    rows = [refusal.model_dump() for refusal in refusals]
    async with parts.database.writing() as connection:
        return {"taken": await turned_away.take(connection, rows, now=parts.clock())}
