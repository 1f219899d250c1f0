"""The shop's own wish as its policy."""

from typing import Any

from platform_core.experiment import draft
from platform_core.policy.artefact import PolicyArtefact
from tests.platform_core.shop.server import server


def the_wish(**changed: Any) -> PolicyArtefact:
    """What reviews that change nothing would make of the shop's manifest, for production; or changed."""
    wish = draft(server.manifest, server.contract(), environment="production").model_dump(by_alias=True)
    return PolicyArtefact.model_validate(wish | changed)
