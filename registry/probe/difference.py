"""Is what a live server lists what was registered? Where it is not, in words."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from mcp.types import Tool
from pydantic import TypeAdapter

from platform_core.canonical import digest
from platform_core.registration.contract import Contract, ToolPromise, without_titles

Kind = Literal["tool", "resource", "prompt"]
Part = Literal["missing", "new", "description", "input", "output", "risk"]
_SAID: Mapping[Part, str] = {
    "missing": "does not list",
    "new": "lists unregistered",
    "description": "describes differently",
    "input": "takes other arguments for",
    "output": "gives other answers for",
    "risk": "claims another risk of",
}


@dataclass(frozen=True, kw_only=True)
class Listing:
    """What a live server lists."""

    tools: list[Tool]
    resources: dict[str, str] = field(default_factory=dict[str, str])
    """Descriptions, by URI or template."""
    prompts: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, kw_only=True)
class Change:
    """One part of one thing that is other than was registered, as text on both sides."""

    kind: Kind
    name: str
    part: Part
    registered: str
    live: str


_CHANGES = TypeAdapter(tuple[Change, ...])
Changes = tuple[Change, ...]


def differences(contract: Contract, listing: Listing) -> Changes:
    """Where the live server is not what was registered, in a stable order."""
    found = [*_tools(contract, listing.tools)]
    for kind, promised, live in (
        ("resource", contract.resources, listing.resources),
        ("prompt", contract.prompts, listing.prompts),
    ):
        found += _texts(kind, {name: promise.description for name, promise in promised.items()}, live)  # type: ignore[arg-type]
    return tuple(sorted(found, key=lambda change: (change.kind, change.name, change.part)))


def in_words(changes: Changes) -> str:
    """One sentence for a list of servers."""
    names = {part: sorted({change.name for change in changes if change.part == part}) for part in _SAID}
    return "; ".join(f"{said} {_some(names[part])}" for part, said in _SAID.items() if names[part])


def changed(changes: Changes) -> list[tuple[Kind, str]]:
    """Whose promise is another now: what is not listed can't be used, and what is new has no policy."""
    return sorted({(one.kind, one.name) for one in changes if one.part not in ("missing", "new")})


def digest_of(changes: Changes) -> str:
    """Names a difference, so that the same is known again."""
    return digest([asdict(change) for change in changes])


def written(changes: Changes) -> str:
    """As it is kept."""
    return _CHANGES.dump_json(changes).decode()


def read(text: str) -> Changes:
    """As it was kept."""
    return _CHANGES.validate_json(text)


def _tools(contract: Contract, listed: list[Tool]) -> Iterator[Change]:
    live = {tool.name: tool for tool in listed}
    yield from _missing_and_new("tool", contract.tools.keys(), live.keys())
    for name in sorted(contract.tools.keys() & live.keys()):
        promised, found = _promised(contract.tools[name]), _live(live[name])
        for part, words in promised.items():
            if words != found[part]:
                yield Change(kind="tool", name=name, part=part, registered=words, live=found[part])


def _texts(kind: Kind, promised: Mapping[str, str], live: Mapping[str, str]) -> Iterator[Change]:
    yield from _missing_and_new(kind, promised.keys(), live.keys())
    for name in sorted(promised.keys() & live.keys()):
        words, found = promised[name].strip(), live[name].strip()
        if words != found:
            yield Change(kind=kind, name=name, part="description", registered=words, live=found)


def _missing_and_new(kind: Kind, promised: Any, live: Any) -> Iterator[Change]:
    for name in sorted(promised - live):
        yield Change(kind=kind, name=name, part="missing", registered=name, live="")
    for name in sorted(live - promised):
        yield Change(kind=kind, name=name, part="new", registered="", live=name)


def _promised(promise: ToolPromise) -> dict[Part, str]:
    changes = promise.risk == "change"
    return {
        "description": promise.description.strip(),
        "input": _schema(promise.input),
        "output": _schema(promise.output),
        "risk": _risk(reads_only=not changes, destroys=changes),
    }


def _live(tool: Tool) -> dict[Part, str]:
    hints = tool.annotations
    return {
        "description": (tool.description or "").strip(),
        "input": _schema(tool.input_schema),
        "output": _schema(tool.output_schema),
        "risk": _risk(reads_only=hints and hints.read_only_hint, destroys=hints and hints.destructive_hint),
    }


def _risk(*, reads_only: bool | None, destroys: bool | None) -> str:
    return "it reads only" if reads_only and not destroys else "it may change data"


def _schema(schema: Mapping[str, Any] | None) -> str:
    if schema is None:
        return ""
    return json.dumps(without_titles(dict(schema)), indent=2, sort_keys=True, ensure_ascii=False)


def _some(names: list[str]) -> str:
    shown = names[:5]
    return ", ".join(shown) + (f" and {len(names) - len(shown)} more" if len(names) > len(shown) else "")
