"""What somebody is to the registry, beside a reader: as their token says, or a group of theirs by the settings."""

from typing import Literal

from platform_core.auth.principal import Principal
from registry.parts import Parts
from registry.refused import Refused

Role = Literal["operator", "reviewer", "auditor"]


def has_role(parts: Parts, who: Principal, *roles: Role) -> bool:
    """Whether `who` has one of `roles`."""
    groups = parts.settings.role_groups
    return any(role in who.roles or not who.groups.isdisjoint(groups.get(role, ())) for role in roles)


async def as_operator(parts: Parts, who: Principal) -> None:
    """Return if `who` is an operator who is not suspended, else raise `Refused`."""
    if not has_role(parts, who, "operator"):
        raise _no("registry/operator", "this needs the role operator", "ask the platform's operators")
    closed = await parts.suspending.in_force("production")
    if closed and any(entry.person == who.subject for entry in closed.entries):
        raise _no("registry/suspended", "your access is suspended, so another operator has to do this", None)


def _no(rule: str, detail: str, how_to_ask: str | None) -> Refused:
    return Refused(code="authorization_denied", rule=rule, detail=detail, how_to_ask=how_to_ask)
