"""What somebody is to the registry, beside a reader: by their groups in the directory, as the settings map them."""

from typing import Literal

from platform_core.auth.principal import Principal
from registry.owners import Owned, owns
from registry.parts import Parts
from registry.refused import Refused
from registry.settings import Given

Role = Literal["reader", "owner", Given]
"""Everybody is a reader, a manifest names its owner, and groups give the rest."""
REVIEWERS: tuple[Given, ...] = ("security-reviewer", "legal-reviewer", "genai-reviewer")


def has_role(parts: Parts, who: Principal, *roles: Role) -> bool:
    """Whether `who` has one of `roles`. Who owns a server, `registry.owners` says."""
    return "reader" in roles or any(role in roles for role in given_to(parts, who))


def given_to(parts: Parts, who: Principal) -> list[Given]:
    """The roles that the groups of `who` give."""
    return [role for role, groups in parts.settings.role_groups.items() if not who.groups.isdisjoint(groups)]


def looks_behind(parts: Parts, who: Principal, what: Owned) -> bool:
    """Whether `who` may see what names groups: who answers for the server, judges it, or looks after the platform."""
    return owns(who, what) or judges(parts, who)


def judges(parts: Parts, who: Principal) -> bool:
    """Whether `who` judges servers, or looks after the platform."""
    return has_role(parts, who, *REVIEWERS, "auditor", "operator")


async def as_operator(parts: Parts, who: Principal) -> None:
    """Return if `who` is an operator who is not suspended, else raise `Refused`."""
    await in_role(parts, who, "operator")


async def in_role(parts: Parts, who: Principal, role: Given) -> None:
    """Return if `who` has `role` and is not suspended, else raise `Refused`."""
    if not has_role(parts, who, role):
        raise _no(f"registry/{role}", f"this needs the role {role}", "ask the platform's operators")
    if await parts.suspending.suspends(who, "production"):
        raise _no("registry/suspended", f"your access is suspended, so another {role} has to do this", None)


def _no(rule: str, detail: str, how_to_ask: str | None) -> Refused:
    return Refused(code="authorization_denied", rule=rule, detail=detail, how_to_ask=how_to_ask)
