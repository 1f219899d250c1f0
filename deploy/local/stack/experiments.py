"""The policy of an experiment: its own wish, for its own team, for fourteen days."""

import json
import time
from datetime import UTC, datetime

from platform_core.experiment import draft
from platform_core.policy.artefact import PolicyArtefact
from platform_core.registration.contract import Registration

DAY = 86_400
TRIAL_DAYS = 14
"""It is not renewed: to go on is a new decision."""


def wanted(registration: Registration, before: PolicyArtefact | None, *, version: int, now: int) -> PolicyArtefact:
    """The policy that should be in force. Its code may change from day to day, and its end stays where it was."""
    wish = draft(registration.manifest, registration.contract, environment="dev", version=version, days=TRIAL_DAYS)
    reach = wish.reach.model_copy(update={"groups": (registration.manifest.owner,)})
    end = before.not_after if before is not None and now < before.not_after else now + TRIAL_DAYS * DAY
    return wish.model_copy(update={"issued_at": now, "not_after": end, "reach": reach})


def still_good(before: PolicyArtefact, artefact: PolicyArtefact, *, now: int) -> bool:
    """Whether `before` says the same and has not ended."""
    return _substance(before) == _substance(artefact) and before.not_after > now


def ended(before: PolicyArtefact | None, *, now: int) -> str | None:
    """When its time ended, if it had its time."""
    if before is None or now < before.not_after:
        return None
    return f"{datetime.fromtimestamp(before.not_after, UTC):%Y-%m-%d}"


def _substance(artefact: PolicyArtefact) -> str:
    moving = {"version", "issued_at", "not_after"}
    return json.dumps(artefact.model_dump(mode="json", exclude=moving, by_alias=True), sort_keys=True)


def now() -> int:
    return int(time.time())
