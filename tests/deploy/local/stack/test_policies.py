"""The policy that a server should have: renewed where people decided it, for fourteen days where it is tried out."""

from typing import Any

import pytest

from deploy.local.stack.policies import DAY, Wanted
from deploy.local.stack.servers import Served, written
from deploy.seed.server import server
from platform_core.command import describe
from platform_core.errors import WiringError

NOW = 1_800_000_000


def wanted(decision: dict[str, Any] | None) -> Wanted:
    environment = "dev" if decision is None else "production"
    served = Served(name="seed", module="deploy.seed", environment=environment)
    return Wanted(served=served, registration=describe(server), decision=decision)


LIVE, EXPERIMENT = wanted(written()["seed"]), wanted(None)


def test_a_decision_is_signed_as_it_was_written_for_ninety_days() -> None:
    artefact = LIVE.artefact(None, version=1, now=NOW)
    assert (artefact.environment, artefact.version, artefact.not_after) == ("production", 1, NOW + 90 * DAY)
    assert [review.kind for review in artefact.reviews] == ["security"]
    assert artefact.reach.groups == ()


def test_a_decision_is_renewed_when_less_than_half_its_life_is_left() -> None:
    first = LIVE.artefact(None, version=1, now=NOW)
    early, late = NOW + 44 * DAY, NOW + 46 * DAY
    assert LIVE.still_good(first, LIVE.artefact(first, version=2, now=early), now=early)
    assert not LIVE.still_good(first, LIVE.artefact(first, version=2, now=late), now=late)
    assert LIVE.artefact(first, version=2, now=late).not_after == late + 90 * DAY


def test_a_changed_decision_is_signed_anew() -> None:
    changed = wanted(written()["seed"] | {"how_to_ask": "ask nobody"})
    first = LIVE.artefact(None, version=1, now=NOW)
    assert not changed.still_good(first, changed.artefact(first, version=2, now=NOW), now=NOW)


def test_an_experiment_is_for_its_owners_team_in_dev_for_fourteen_days() -> None:
    artefact = EXPERIMENT.artefact(None, version=1, now=NOW)
    assert (artefact.environment, artefact.not_after) == ("dev", NOW + 14 * DAY)
    assert artefact.reach.groups == ("platform",)
    assert artefact.reviews == ()


def test_an_experiment_that_changes_keeps_its_end() -> None:
    first = EXPERIMENT.artefact(None, version=1, now=NOW)
    assert EXPERIMENT.artefact(first, version=2, now=NOW + 10 * DAY).not_after == first.not_after
    assert EXPERIMENT.still_good(first, EXPERIMENT.artefact(first, version=2, now=NOW + DAY), now=NOW + 13 * DAY)


def test_an_experiment_that_had_its_time_is_over_and_a_decision_never_is() -> None:
    first, end = EXPERIMENT.artefact(None, version=1, now=NOW), NOW + 14 * DAY
    assert EXPERIMENT.ended(None, now=NOW) is None
    assert EXPERIMENT.ended(first, now=end - 1) is None
    assert EXPERIMENT.ended(first, now=end) == "2027-01-29"
    assert LIVE.ended(LIVE.artefact(None, version=1, now=NOW), now=NOW + 100 * DAY) is None


def test_a_new_decision_gives_it_fourteen_days_from_today() -> None:
    first, later = EXPERIMENT.artefact(None, version=1, now=NOW), NOW + 20 * DAY
    assert EXPERIMENT.artefact(first, version=2, now=later).not_after == later + 14 * DAY


def test_a_decision_that_makes_no_sense_names_its_file() -> None:
    with pytest.raises(WiringError, match=r"deploy/local/policies/seed\.yaml: .*\n?reach"):
        wanted(written()["seed"] | {"reach": {}}).artefact(None, version=1, now=NOW)
