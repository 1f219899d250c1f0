"""The tools of a server, a hundred at a time: as it promised them, cut where a promise is longer than a page."""

import json
from dataclasses import dataclass
from typing import Any

from platform_core.registration.contract import ToolPromise
from platform_core.registration.manifest import ToolFacts
from registry.store.standing import Standing

PAGE = 100
MOST = 20_000
"""Characters of one schema or description that are shown."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One tool."""

    name: str
    promise: ToolPromise
    facts: ToolFacts
    description: str
    schemas: dict[str, str]
    cut: bool


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """Some of a server's tools."""

    tools: list[Shown]
    start: int
    total: int
    before: str | None
    after: str | None
    """Names of tools: a page of tools is named by one that stands on it."""


def stretch(standing: Standing, named: str | None) -> Stretch:
    """The stretch that `named` stands in; the first, where nothing or nobody is named so."""
    names = list(standing.contract.tools)
    start = names.index(named) // PAGE * PAGE if named in standing.contract.tools else 0
    return Stretch(
        tools=[_shown(standing, name) for name in names[start : start + PAGE]],
        start=start,
        total=len(names),
        before=names[start - PAGE] if start else None,
        after=names[start + PAGE] if start + PAGE < len(names) else None,
    )


def _shown(standing: Standing, name: str) -> Shown:
    promise = standing.contract.tools[name]
    schemas = {"Takes": promise.input, "Gives": promise.output}
    whole = {word: _pretty(schema) for word, schema in schemas.items() if schema}
    return Shown(
        name=name,
        promise=promise,
        facts=standing.manifest.tools[name],
        description=promise.description[:MOST],
        schemas={word: text[:MOST] for word, text in whole.items()},
        cut=max(len(promise.description), *map(len, whole.values()), 0) > MOST,
    )


def _pretty(schema: Any) -> str:
    try:
        return json.dumps(schema, indent=2, ensure_ascii=False)
    except RecursionError:  # deeper than a person reads: one line of it is enough
        return str(schema)
