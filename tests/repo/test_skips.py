"""CI accepts a skip only for a reason that somebody wrote down."""

import pytest

from tests.skips import ALLOWED, undecided


def test_a_reason_on_the_list_is_accepted() -> None:
    assert undecided(["Skipped: no cluster at hand"], "no cluster.*  # the embedded engine speaks its protocol") == []


def test_any_other_reason_fails_the_run_once() -> None:
    assert undecided(["Skipped: felt like it", "Skipped: felt like it"], "") == ["felt like it"]


def test_a_pattern_covers_the_whole_reason() -> None:
    assert undecided(["Skipped: no cluster, no net"], "no cluster  # why") == ["no cluster, no net"]


def test_the_list_says_why_each_skip_is_no_loss() -> None:
    with pytest.raises(ValueError, match="say after two blanks"):
        undecided([], "no cluster")
    assert undecided([], ALLOWED.read_text("utf-8")) == []
