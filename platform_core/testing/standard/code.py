"""Checks that need the server itself: what it lists to a client, and what its functions return."""

import json
from collections.abc import Iterator
from inspect import isclass
from typing import Any, get_args, get_type_hints

from pydantic import BaseModel

from platform_core.policy.artefact import Risk
from platform_core.testing.standard.finding import Fault, Written
from platform_core.untrusted import Untrusted

MOST_TOKENS = 2_500
CHARACTERS_PER_TOKEN = 4


def annotations_are_true(written: Written) -> Iterator[Fault]:
    """Clients decide by annotations whether to ask, so these must follow from the risk."""
    for tool in written.listed:
        risk = written.registration.contract.tools[tool.name].risk
        hints = tool.annotations
        said = (hints.read_only_hint, hints.destructive_hint, hints.idempotent_hint) if hints else None
        if said != _true(risk):
            yield Fault(
                what=f"{tool.name} has the risk {risk}, and its annotations say otherwise",
                how="the core makes annotations out of `risk` in server.yaml; nothing else may set them",
                who="the platform team",
            )


def small_list(written: Written) -> Iterator[Fault]:
    """What every conversation pays for the server's tools."""
    wire = [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in written.listed]
    text = json.dumps(wire, separators=(",", ":"), ensure_ascii=False)
    if (tokens := len(text) // CHARACTERS_PER_TOKEN) > MOST_TOKENS:
        yield Fault(
            what=f"tools/list costs about {tokens} tokens",
            how=f"{MOST_TOKENS} at most: shorten docstrings and descriptions of arguments, return smaller models",
        )


def data_is_untrusted(written: Written) -> Iterator[Fault]:
    """Text out of restricted data leaves between the fences, so the result's type must declare it."""
    for name, function in written.functions.items():
        if written.registration.contract.tools[name].data_class != "restricted":
            continue
        parts = list(_parts(get_type_hints(function)["return"], set()))
        if str in parts and Untrusted not in parts:
            yield Fault(
                what=f"{name} returns text of restricted data as if the server had written it",
                how="declare what comes out of data as `Untrusted` (or give the result an `as_text` that does)",
            )


def _true(risk: Risk) -> tuple[bool, bool, bool]:
    """Reads only, destroys, may be repeated."""
    change = risk == "change"
    return not change, change, not change


def _parts(kind: Any, seen: set[type[BaseModel]]) -> Iterator[Any]:
    """Every type that a result is made of."""
    yield kind
    for part in get_args(kind):
        yield from _parts(part, seen)
    if isclass(kind) and issubclass(kind, BaseModel) and kind not in seen:
        seen.add(kind)
        for field in kind.model_fields.values():
            yield from _parts(field.annotation, seen)
        if (as_text := getattr(kind, "as_text", None)) is not None:
            yield from _parts(get_type_hints(as_text).get("return"), seen)
