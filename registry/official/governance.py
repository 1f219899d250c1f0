"""What only we say of a server, to whoever is signed in: is it approved, by whom, until when, and may you."""

from datetime import UTC, datetime
from typing import Literal

from pydantic import BaseModel

from platform_core.auth.principal import Principal
from platform_core.policy.artefact import DataClass
from registry.official.releases import Release
from registry.store.health import State
from registry.store.standing import Standing
from registry.verdict import OPEN, how_to_ask, usable_tools, verdict


class GivenReview(BaseModel):
    kind: str
    ticket: str


class Running(BaseModel):
    """The version that runs, as it is governed now."""

    owner: str
    channels: tuple[str, ...]
    policy_version: int
    approved_until: datetime
    reviews: list[GivenReview]
    data_classes: list[DataClass]
    status: State
    """What the probe saw last."""


class You(BaseModel):
    """The reader's own right, by the evaluator that decides their calls."""

    allow: bool
    rule: str
    how_to_ask: str | None
    tools: list[str]


class Governance(BaseModel):
    state: Literal["live", "replaced", "closed"]
    contract_digest: str
    running: Running | None = None
    you: You | None = None


def governance(release: Release, standing: Standing | None, reader: Principal, *, now: float) -> Governance:
    """About a version that does not run there is no more to say than that."""
    state = "closed" if release.status == "deleted" else "live" if release.in_force else "replaced"
    if state != "live" or standing is None or standing.artefact is None:
        return Governance(state=state, contract_digest=release.contract_digest)
    artefact, opens = standing.artefact, verdict(standing, reader, OPEN, now=now)
    return Governance(
        state=state,
        contract_digest=release.contract_digest,
        running=Running(
            owner=standing.manifest.owner,
            channels=standing.manifest.channels,
            policy_version=artefact.version,
            approved_until=datetime.fromtimestamp(artefact.not_after, UTC),
            reviews=[GivenReview(kind=review.kind, ticket=review.ticket) for review in artefact.reviews],
            data_classes=sorted({rule.data_class for rule in artefact.tools.values()}),
            status=standing.health.state,
        ),
        you=You(
            allow=opens.allow,
            rule=opens.rule,
            how_to_ask=None if opens.allow else how_to_ask(standing),
            tools=usable_tools(standing, reader, now=now) if opens.allow else [],
        ),
    )
