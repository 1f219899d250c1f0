"""Where a server is in its life, in one of the five words that everybody uses."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from registry.reviews.submission import ENVIRONMENT
from registry.store.standing import Standing

Life = Literal["experimental", "in review", "live", "deprecated", "suspended"]


@dataclass(frozen=True, kw_only=True)
class Deprecated:
    """That a server is to be used no more, what takes its place, and until when it works."""

    server: str
    successor: str | None
    ends_at: float
    reason: str
    said_by: str
    said_at: float


Deprecations = Mapping[str, Deprecated]
"""By server, as `registry.store.deprecations.all_of_them` reads them."""


def state_of(standing: Standing, deprecations: Deprecations, *, now: float) -> Life:
    """The word for a server that is not withdrawn. `in review` is one in production without a policy to obey."""
    artefact = standing.artefact
    if standing.suspended is not None:
        return "suspended"
    if standing.environment != ENVIRONMENT:
        return "experimental"
    if artefact is None or artefact.contract_digest != standing.contract_digest or now >= artefact.not_after:
        return "in review"
    return "deprecated" if standing.name in deprecations else "live"
