"""What a reviewer takes away from a wish. A narrowing names what stays; it can't name what was not asked for."""

from collections.abc import Iterable, Iterator
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from platform_core.policy.artefact import EVERYBODY, DataClass, PolicyArtefact, ServiceCaller, ToolName
from platform_core.policy.expression import Unordered

Kept = Annotated[Unordered | None, Field(max_length=500)]
"""These alone; None keeps all."""


class NothingLeft(Exception):
    """Together the narrowings leave no way to use the server: that is a refusal, and has to be said as one."""


class Narrowing(BaseModel):
    """What stays of a wish. A field that is not given takes nothing away."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    surfaces: Kept = None
    channels: dict[str, Unordered] = {}
    """Surface to the channels that stay, where it is to be used in some channels alone."""
    groups: Kept = None
    """Groups of the directory, of which one is needed whatever else opens the server."""
    business_groups: Kept = None
    browse: Kept = None
    tools: Annotated[tuple[ToolName, ...] | None, Field(max_length=500)] = None
    data_classes: tuple[DataClass, ...] | None = None
    services: Kept = None
    """SPIFFE ids of the services that stay."""
    until: int | None = None
    """When this is to be looked at again, in seconds since the epoch: the policy ends then at the latest."""

    @property
    def limits(self) -> int:
        """How many things it narrows."""
        return len(self.model_fields_set - {"until"})


def widened(wish: PolicyArtefact, narrowing: Narrowing) -> str | None:
    """Say what `narrowing` names that `wish` does not hold; None where it only takes away."""
    for what, kept, asked in _named(wish, narrowing):
        if strange := sorted(set(kept) - set(asked)):
            return f"{what} that nobody asked for: {', '.join(strange)}"
    return None


def _named(wish: PolicyArtefact, narrowing: Narrowing) -> Iterator[tuple[str, Iterable[str], Iterable[str]]]:
    reach, gate = wish.reach, wish.gate
    yield "surfaces", narrowing.surfaces or (), reach.surfaces
    yield "channels of surfaces", narrowing.channels, reach.surfaces
    for surface, channels in narrowing.channels.items():
        yield f"channels of {surface}", channels, reach.channels.get(surface, channels)
    # Where no group was needed, or everybody was let in, any name takes away.
    yield "groups", narrowing.groups or (), reach.groups or narrowing.groups or ()
    for what, kept, asked in (
        ("business groups", narrowing.business_groups, gate.business_groups),
        ("business groups for browsing", narrowing.browse, gate.browse),
    ):
        yield what, kept or (), (kept or ()) if EVERYBODY in asked else asked
    yield "tools", narrowing.tools or (), wish.tools
    yield "services", narrowing.services or (), [service.spiffe_id for service in wish.services]


def narrowed(wish: PolicyArtefact, narrowings: Iterable[Narrowing]) -> PolicyArtefact:
    """What all of `narrowings` leave of `wish`. Raises `NothingLeft`."""
    for narrowing in narrowings:
        wish = _tools(_gate(_reach(wish, narrowing), narrowing), narrowing)
        end = wish.not_after if narrowing.until is None else min(wish.not_after, narrowing.until)
        wish = wish.model_copy(update={"not_after": end})
    return PolicyArtefact.model_validate(wish.model_dump(by_alias=True))


def _reach(wish: PolicyArtefact, narrowing: Narrowing) -> PolicyArtefact:
    reach = wish.reach
    surfaces = _common("surface", reach.surfaces, narrowing.surfaces)
    channels = {surface: names for surface, names in reach.channels.items() if surface in surfaces}
    for surface, kept in narrowing.channels.items():
        if surface in surfaces:
            channels[surface] = _common(f"channel of {surface}", channels.get(surface, kept), kept)
    groups = _common("group", reach.groups or narrowing.groups or (), narrowing.groups)
    changed = {"surfaces": surfaces, "channels": channels, "groups": groups}
    return wish.model_copy(update={"reach": reach.model_copy(update=changed)})


def _gate(wish: PolicyArtefact, narrowing: Narrowing) -> PolicyArtefact:
    gate = wish.gate
    changed = {
        "business_groups": _common("business group", gate.business_groups, narrowing.business_groups),
        "browse": _members(gate.browse, narrowing.browse),
    }
    return wish.model_copy(update={"gate": gate.model_copy(update=changed)})


def _tools(wish: PolicyArtefact, narrowing: Narrowing) -> PolicyArtefact:
    tools = {
        name: rule
        for name, rule in wish.tools.items()
        if (narrowing.tools is None or name in narrowing.tools)
        and (narrowing.data_classes is None or rule.data_class in narrowing.data_classes)
    }
    if wish.tools and not tools:
        raise NothingLeft("no tool is left")
    kept = narrowing.services
    services = [_with(service, tools) for service in wish.services if kept is None or service.spiffe_id in kept]
    return wish.model_copy(update={"tools": tools, "services": tuple(one for one in services if one is not None)})


def _with(service: ServiceCaller, tools: Iterable[str]) -> ServiceCaller | None:
    left = tuple(name for name in service.tools if name in tools)
    return service.model_copy(update={"tools": left}) if left or service.resources else None


def _common(what: str, asked: tuple[str, ...], kept: tuple[str, ...] | None) -> tuple[str, ...]:
    left = _members(asked, kept)
    if not left and (asked or kept is not None):
        raise NothingLeft(f"no {what} is left")
    return left


def _members(asked: tuple[str, ...], kept: tuple[str, ...] | None) -> tuple[str, ...]:
    if kept is None or EVERYBODY in kept:
        return asked
    return kept if EVERYBODY in asked else tuple(name for name in asked if name in kept)
