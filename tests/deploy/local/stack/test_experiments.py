"""The policy of an experiment: for its own team, for fourteen days, however often its code changes."""

from deploy.local.stack.experiments import DAY, ended, still_good, wanted
from deploy.seed.server import server
from platform_core.command import describe

NOW = 1_800_000_000
SEED = describe(server)


def test_an_experiment_is_for_its_owners_team_in_dev_for_fourteen_days() -> None:
    artefact = wanted(SEED, None, version=1, now=NOW)
    assert (artefact.environment, artefact.not_after) == ("dev", NOW + 14 * DAY)
    assert artefact.reach.groups == ("platform",)
    assert artefact.reviews == ()


def test_an_experiment_that_changes_keeps_its_end() -> None:
    first = wanted(SEED, None, version=1, now=NOW)
    assert wanted(SEED, first, version=2, now=NOW + 10 * DAY).not_after == first.not_after
    assert still_good(first, wanted(SEED, first, version=2, now=NOW + DAY), now=NOW + 13 * DAY)


def test_an_experiment_that_says_something_else_is_signed_anew() -> None:
    first = wanted(SEED, None, version=1, now=NOW)
    changed = SEED.model_copy(update={"manifest": SEED.manifest.model_copy(update={"channels": ("#elsewhere",)})})
    assert not still_good(first, wanted(changed, first, version=2, now=NOW), now=NOW)


def test_an_experiment_that_had_its_time_is_over() -> None:
    first, end = wanted(SEED, None, version=1, now=NOW), NOW + 14 * DAY
    assert ended(None, now=NOW) is None
    assert ended(first, now=end - 1) is None
    assert ended(first, now=end) == "2027-01-29"


def test_a_new_decision_gives_it_fourteen_days_from_today() -> None:
    first, later = wanted(SEED, None, version=1, now=NOW), NOW + 20 * DAY
    assert wanted(SEED, first, version=2, now=later).not_after == later + 14 * DAY
