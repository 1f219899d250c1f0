"""A named metric and the statement that it becomes."""

from collections.abc import Mapping, Sequence
from datetime import date
from importlib.resources import files
from typing import Annotated, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, TypeAdapter

from platform_core import Invalid
from servers.presto.sql.reading import read_only

Grain = Literal["day", "week", "month", "quarter", "year"]


def _plain(expression: str) -> str:
    read_only(f"SELECT {expression}")
    return expression


Expression = Annotated[str, AfterValidator(_plain)]


class Metric(BaseModel):
    """One entry of `metrics.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    definition: str
    owner: str
    unit: str
    counted_on: Expression
    dimensions: dict[str, Expression]
    sql: str

    def statement(self, start: date, end: date, grain: Grain, dimensions: Sequence[str]) -> str:
        """The reviewed text with dates, a grain and dimensions of its own in it. Raises `Invalid`."""
        if unknown := sorted(set(dimensions) - set(self.dimensions)):
            raise Invalid(f"{self.title} has no dimension {', '.join(unknown)[:100]}: {', '.join(self.dimensions)}.")
        if start >= end:
            raise Invalid("`end` is the day after the last: it must be later than `start`.")
        chosen = [name for name in self.dimensions if name in dimensions]
        return self.sql.format(
            period=f"date_trunc('{grain}', {self.counted_on})",
            dimensions="".join(f", {self.dimensions[name]} AS {name}" for name in chosen),
            start=f"DATE '{start.isoformat()}'",
            end=f"DATE '{end.isoformat()}'",
            by=", ".join(str(number) for number in range(1, len(chosen) + 2)),
        )

    @property
    def about(self) -> str:
        """One line that goes with every number."""
        return f"{self.title} in {self.unit}: {self.definition} Owner: {self.owner}."


def _read() -> Mapping[str, Metric]:
    text = files("servers.presto.metrics").joinpath("metrics.yaml").read_text("utf-8")
    return TypeAdapter(dict[str, Metric]).validate_python(yaml.safe_load(text))


METRICS = _read()
"""Reviewed with the code: a metric that changes is a change of the server."""
