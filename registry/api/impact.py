"""The numbers of the ecosystem, for whoever draws them elsewhere."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from platform_core.policy.artefact import Environment
from registry.api.caller import Caller
from registry.api.environment import InEnvironment
from registry.parts import PartsHere
from registry.store import impact
from registry.store.impact import HIGH, LOW, Figures

router = APIRouter()
MOST_MONTHS = 36
BASIS = (
    "Minutes are the owners' own estimates: each successful call of a person counts the minutes that its tool's owner "
    "stated when it was made. They are a direction, so low and high are a third below and above."
)


class Denied(BaseModel):
    proxy: int
    gate: int
    policy: int


class Numbers(BaseModel):
    """What people did, and what it saved them by their owners' estimates."""

    people: int
    calls: int
    succeeded: int
    errors: int
    """Calls that ended with `isError`, or in a crash."""
    denied: Denied
    minutes: float
    hours_low: float
    hours_high: float


class Impact(BaseModel):
    environment: Environment
    months: tuple[str, ...]
    basis: str
    servers: int
    tools: int
    total: Numbers
    by_server: dict[str, Numbers]
    by_surface: dict[str, Numbers]
    by_month: dict[str, Numbers]
    services: dict[str, Numbers]
    """What services did without a person, by server: it saves nobody's time and is in no other number."""


@router.get("/api/impact")
async def show(
    who: Caller,
    parts: PartsHere,
    environment: InEnvironment,
    last: Annotated[str | None, Query(pattern=r"^20\d\d-(0[1-9]|1[0-2])$", description="2026-11; this month")] = None,
    months: Annotated[int, Query(ge=1, le=MOST_MONTHS, description="how many, up to the last")] = 1,
) -> Impact:
    """Say what the ecosystem did in some months of UTC."""
    wanted = impact.months_to(last or impact.month_of(parts.clock()), months)
    listed = (await parts.present.of(environment)).listed
    async with parts.database.reading() as connection:
        told = await impact.report(connection, environment, wanted)
        by_month = await impact.by_month(connection, environment, wanted)
    return Impact(
        environment=environment,
        months=wanted,
        basis=BASIS,
        servers=len(listed),
        tools=sum(len(standing.contract.tools) for standing in listed),
        total=_numbers(told.total),
        by_server=_each(told.by_server),
        by_surface=_each(told.by_surface),
        by_month=_each(by_month),
        services=_each(told.services),
    )


def _each(figures: dict[str, Figures]) -> dict[str, Numbers]:
    return {name: _numbers(each) for name, each in figures.items()}


def _numbers(figures: Figures) -> Numbers:
    return Numbers(
        people=figures.people,
        calls=figures.calls,
        succeeded=figures.ok,
        errors=figures.errors,
        denied=Denied(proxy=figures.refused_at_proxy, gate=figures.denied_gate, policy=figures.denied_policy),
        minutes=figures.minutes,
        hours_low=figures.hours * LOW,
        hours_high=figures.hours * HIGH,
    )
