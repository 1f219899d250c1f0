"""What stands above every policy of a part right now: what was suspended, and how old the registry's word is."""

from typing import Literal

import msgspec

from platform_core.policy.suspend import Suspensions

Lease = Literal["fresh", "stale", "lapsed"]
"""`stale` closes the sensitive tools, `lapsed` everything, until the registry is heard again."""


class Standing(msgspec.Struct, frozen=True):
    """Facts that only close."""

    suspensions: Suspensions | None = None
    lease: Lease = "fresh"


CALM = Standing()
"""Nothing is suspended and the registry was just heard."""
