"""Who answers for a server: the team that its manifest names, as a group of the directory."""

import re
from typing import Protocol

from platform_core.auth.principal import Principal


class Owned(Protocol):
    """A manifest, or whatever else names its owner."""

    @property
    def owner(self) -> str: ...


def owns(who: Principal, what: Owned) -> bool:
    """Whether `who` is of the team that answers for it: "Data Platform" is the group `data-platform`."""
    return owner_group(what) in who.groups | who.business_groups


def owner_group(what: Owned) -> str:
    """The group of the team that answers for it."""
    return re.sub(r"[^a-z0-9]+", "-", what.owner.lower()).strip("-")
