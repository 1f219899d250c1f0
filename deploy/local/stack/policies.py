"""Which policy each server should have: the written decision in production, its own wish for an experiment in dev."""

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from deploy.local.stack.servers import Served
from platform_core.errors import WiringError
from platform_core.experiment import draft
from platform_core.policy.artefact import PolicyArtefact
from platform_core.registration.contract import Registration

DAY = 86_400
DAYS = 90
"""Life of a policy that was decided; it is renewed when less than half is left."""
TRIAL_DAYS = 14
"""Life of an experiment. It is not renewed: to go on is a new decision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One server, and what there is to decide from."""

    served: Served
    registration: Registration
    decision: dict[str, Any] | None
    """What the reviews wrote down; an experiment has none."""

    def artefact(self, before: PolicyArtefact | None, *, version: int, now: int) -> PolicyArtefact:
        """The policy that should be in force, as `version`."""
        if self.decision is None:
            return _experiment(self.registration, before, version=version, now=now)
        return _decided(self.registration, self.decision, version=version, now=now)

    def still_good(self, before: PolicyArtefact, artefact: PolicyArtefact, *, now: int) -> bool:
        """Whether `before` says the same and lives long enough."""
        enough = DAYS * DAY / 2 if self.decision is not None else 0
        return _substance(before) == _substance(artefact) and before.not_after - now > enough

    def ended(self, before: PolicyArtefact | None, *, now: int) -> str | None:
        """When its time ended, if it is an experiment that had its time."""
        if self.decision is not None or before is None or now < before.not_after:
            return None
        return f"{datetime.fromtimestamp(before.not_after, UTC):%Y-%m-%d}"


def _decided(registration: Registration, decision: dict[str, Any], *, version: int, now: int) -> PolicyArtefact:
    changing = {
        "version": version,
        "issued_at": now,
        "not_after": now + DAYS * DAY,
        "contract_digest": registration.contract.digest,
    }
    try:
        return PolicyArtefact.model_validate(decision | changing)
    except ValidationError as error:
        raise WiringError(f"deploy/local/policies/{decision['server']}.yaml: {error}") from None


def _experiment(registration: Registration, before: PolicyArtefact | None, *, version: int, now: int) -> PolicyArtefact:
    """Its own wish, for its own team. Its code may change from day to day, and its end stays where it was."""
    wish = draft(registration.manifest, registration.contract, environment="dev", version=version, days=TRIAL_DAYS)
    reach = wish.reach.model_copy(update={"groups": (registration.manifest.owner,)})
    end = before.not_after if before is not None and now < before.not_after else now + TRIAL_DAYS * DAY
    return wish.model_copy(update={"issued_at": now, "not_after": end, "reach": reach})


def _substance(artefact: PolicyArtefact) -> str:
    moving = {"version", "issued_at", "not_after"}
    return json.dumps(artefact.model_dump(mode="json", exclude=moving, by_alias=True), sort_keys=True)


def now() -> int:
    return int(time.time())
