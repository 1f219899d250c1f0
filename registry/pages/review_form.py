"""The form of a decision: everything that was asked for is ticked, and what the reviewer unticks is taken away."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from platform_core.policy.artefact import EVERYBODY
from registry.reviews.compiling import DAY, DAYS, wish
from registry.reviews.narrowing import Narrowing
from registry.reviews.reviews import Says
from registry.reviews.submission import Submission

Ticked = Annotated[list[str], Field(max_length=1_000)]
LOOK_AGAIN = (DAYS, 60, 30, 14)
"""Days until it has to be reviewed again, as the page offers them."""


class Deciding(BaseModel):
    """What a reviewer sends."""

    model_config = ConfigDict(extra="forbid")

    csrf: str = ""
    decision: Says
    contract_digest: Annotated[str, Field(max_length=100)]
    reason: Annotated[str, Field(max_length=2_000)] = ""
    link: Annotated[str, Field(max_length=500, pattern=r"^(https?://[^\s]+)?$")] = ""
    days: Annotated[int, Field(ge=1, le=DAYS)] = DAYS
    only_groups: Annotated[str, Field(max_length=500)] = ""
    only_business_groups: Annotated[str, Field(max_length=500)] = ""
    surfaces: Ticked = []
    channels: Ticked = []
    """Each as `surface channel`."""
    groups: Ticked = []
    business_groups: Ticked = []
    browse: Ticked = []
    tools: Ticked = []
    data_classes: Ticked = []
    services: Ticked = []


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One list of boxes."""

    field: str
    legend: str
    options: tuple[tuple[str, str], ...]
    """Value and words of each."""


def form_of(submission: Submission, *, now: int) -> list[Choice]:
    """What can be taken away; lists that the wish leaves empty are left out."""
    asked = wish(submission.registration, now=now)
    reach, gate = asked.reach, asked.gate
    channels = [(f"{surface} {name}", f"{name} in {surface}") for surface, of in reach.channels.items() for name in of]
    classes = sorted({rule.data_class for rule in asked.tools.values()})
    lists = {
        ("business_groups", "Business groups"): _same(gate.business_groups),
        ("browse", "For browsing alone"): _same(gate.browse),
        ("groups", "Groups of the directory"): _same(reach.groups),
        ("surfaces", "Surfaces"): _same(reach.surfaces),
        ("channels", "Channels"): tuple(channels),
        ("tools", "Tools"): _same(tuple(asked.tools)),
        ("data_classes", "Data classes"): _same(tuple(classes)),
        ("services", "Services without a person"): _same(tuple(one.spiffe_id for one in asked.services)),
    }
    return [Choice(field=field, legend=legend, options=of) for (field, legend), of in lists.items() if of]


def narrowing_in(submission: Submission, said: Deciding, *, now: int) -> Narrowing:
    """What the form takes away. Raises `ValueError` where a name can't be one."""
    taken: dict[str, Any] = {}
    for choice in form_of(submission, now=now):
        ticked: list[str] = getattr(said, choice.field)
        if set(ticked) != {value for value, _ in choice.options}:
            taken[choice.field] = ticked
    if "channels" in taken:
        taken["channels"] = _channels(submission, taken["channels"])
    for field, typed in (("groups", said.only_groups), ("business_groups", said.only_business_groups)):
        if names := [name.strip() for name in typed.split(",") if name.strip()]:
            taken[field] = names
    if said.days < DAYS:
        taken["until"] = now + said.days * DAY
    return Narrowing.model_validate(taken)


def _channels(submission: Submission, ticked: list[str]) -> dict[str, list[str]]:
    named = [one.partition(" ") for one in ticked]
    return {
        surface: [name for of, _, name in named if of == surface] for surface in submission.manifest.proposes.channels
    }


def _same(names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((name, "everybody with an account" if name == EVERYBODY else name) for name in names)
