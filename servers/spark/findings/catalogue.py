"""The catalogue of findings as data: what each is called, when it holds, what would disprove it, where it is proved."""

import re
from functools import cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter


class Threshold(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    value: float
    source: str


class Entry(BaseModel):
    """One finding. `says` are patterns of a failure's text, `operators` those of a plan."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    title: str
    about: str
    disproof: str
    advice: str
    says: tuple[re.Pattern[str], ...] = ()
    operators: tuple[str, ...] = ()
    explains: tuple[str, ...] = ()
    thresholds: dict[str, Threshold] = {}
    proof: str = ""
    twin: str = ""

    def threshold(self, name: str) -> float:
        return self.thresholds[name].value


@cache
def catalogue() -> dict[str, Entry]:
    """All findings by their id, in the file's order."""
    text = files(__package__ or "servers.spark.findings").joinpath("catalogue.yaml").read_text("utf-8")
    entries = TypeAdapter(tuple[Entry, ...]).validate_python(yaml.safe_load(text))
    return {entry.id: entry for entry in entries}


def threshold(finding: str, name: str) -> float:
    return catalogue()[finding].threshold(name)


def kind_of(text: str) -> str:
    """The first finding whose patterns the text of a failure matches."""
    return next((e.id for e in catalogue().values() if any(p.search(text) for p in e.says)), "unexplained")


def as_text() -> str:
    """The catalogue for people and models: `spark://findings`."""
    return "\n".join(line for entry in catalogue().values() for line in _lines(entry))


def _lines(entry: Entry) -> list[str]:
    thresholds = [f"  {name} = {t.value:g}: {t.source}" for name, t in entry.thresholds.items()]
    return [f"{entry.id}: {entry.title}. {entry.about}", *thresholds, f"  disproved if: {entry.disproof}"]
