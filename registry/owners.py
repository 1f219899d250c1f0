"""Who answers for a server: the team that its manifest names, as a group of the directory."""

import re

from platform_core.auth.principal import Principal
from platform_core.registration.manifest import Manifest


def owns(who: Principal, manifest: Manifest) -> bool:
    """Whether `who` is of the team that answers for the server: "Data Platform" is the group `data-platform`."""
    return owner_group(manifest) in who.groups | who.business_groups


def owner_group(manifest: Manifest) -> str:
    """The group of the team that answers for a server."""
    return re.sub(r"[^a-z0-9]+", "-", manifest.owner.lower()).strip("-")
