"""Who may read a document, and what a person may read: groups on one side, groups on the other."""

import hashlib
from collections.abc import Iterable

from platform_core.auth.principal import Principal

EVERYONE = "everyone"
"""All employees."""
_BUSINESS = "business:"
"""Before the name of a business group: the directory's groups have names of their own."""

Audience = frozenset[str]
"""The groups that may read a document, any one of them; an empty one is nobody."""
NOBODY: Audience = frozenset()


def business(groups: Iterable[str]) -> Audience:
    """The audience of business groups."""
    return frozenset(f"{_BUSINESS}{group}" for group in groups)


def keys_of(person: Principal) -> frozenset[str]:
    """What the person holds against an audience, made of nothing but their verified token, at every call anew."""
    if person.kind != "person":
        return frozenset()
    # A group of the directory that is called like one of our own words opens nothing.
    groups = {group for group in person.groups if group != EVERYONE and not group.startswith(_BUSINESS)}
    own = {EVERYONE} if person.employment == "employee" else set[str]()
    return frozenset(groups) | own | business(person.business_groups)


def name_of(audience: Audience) -> str:
    """A short name of the audience, the same for the same groups."""
    return hashlib.sha256("\n".join(sorted(audience)).encode()).hexdigest()[:24]
