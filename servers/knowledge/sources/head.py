"""What a page says of itself: the front matter of Markdown, a sidecar, the `meta` of HTML."""

from datetime import date, datetime
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from servers.knowledge.index.audience import Audience
from servers.knowledge.sources.page import Page, Unreadable

_FENCE = "---"


def _iso(value: object) -> object:
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and value:
        return date.fromisoformat(value).isoformat()
    return value or ""


def _text(value: object) -> object:
    return str(value) if isinstance(value, int | float) else value or ""


Day = Annotated[str, BeforeValidator(_iso)]
Line = Annotated[str, BeforeValidator(_text), Field(max_length=500)]
Group = Annotated[str, Field(min_length=1, max_length=200)]


class Head(BaseModel):
    """The facts of a page. `groups`: who may read it; `everyone` is all employees, an empty list is nobody."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: Annotated[str, BeforeValidator(_text), Field(pattern=r"^[\w.-]{0,120}$")] = ""
    title: Line = ""
    owner: Line = ""
    team: Line = ""
    groups: tuple[Group, ...] | None = None
    updated: Day = ""
    review_by: Day = ""
    supersedes: Annotated[str, BeforeValidator(_text), Field(pattern=r"^([\w-]+/)?[\w.-]{0,120}$")] = ""
    url: Line = ""

    @property
    def audience(self) -> Audience | None:
        """None where the page does not say who may read it."""
        return None if self.groups is None else frozenset(self.groups)

    def page(self, title: str, text: str, *, otherwise: Audience, url: str, updated: str) -> Page:
        """The page with this head; the rest is said where the head is silent."""
        return Page(
            name=self.id,
            title=self.title or title,
            text=text,
            audience=otherwise if self.audience is None else self.audience,
            url=self.url or url,
            owner=self.owner,
            team=self.team,
            updated=self.updated or updated,
            review_by=self.review_by,
            supersedes=self.supersedes,
        )


def parted(text: str) -> tuple[Head, str]:
    """Front matter and the rest. Raises `Unreadable` where the head can't be trusted to say who may read the page."""
    first, _, rest = text.partition("\n")
    if first.strip() != _FENCE:
        return Head(), text
    lines = rest.split("\n")
    for number, line in enumerate(lines):
        if line.strip() == _FENCE:
            return parsed("\n".join(lines[:number])), "\n".join(lines[number + 1 :])
    raise Unreadable("its front matter has no end: close it with a line of ---")


def parsed(text: str) -> Head:
    """A head out of YAML."""
    try:
        said = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Unreadable(f"its head is no YAML: {str(error).splitlines()[0]}") from None
    return checked(said if said is not None else {})


def checked(said: Any) -> Head:
    """A head out of what was parsed."""
    if not isinstance(said, dict):
        raise Unreadable("its head is no list of `name: value`")
    try:
        return Head.model_validate(said)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise Unreadable(f"its head can't be used: {faults}") from None
