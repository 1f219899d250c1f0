"""Of any versions in any order exactly one is the latest, and it is the highest."""

import pytest

from registry.official.latest import latest, rank

RISING = [
    *("1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1"),
    *("1.0.0", "1.0.1", "1.2.0", "1.10.0", "2.0.0-0", "2.0.0"),
]
"""The example of the semver specification, and then some."""


def test_semvers_stand_as_their_specification_says() -> None:
    assert sorted(RISING[::-1], key=lambda version: rank(version) or pytest.fail(version)) == RISING
    assert rank("1.0.0+linux") == rank("1.0.0+mac")


@pytest.mark.parametrize("version", ["1.0", "v1.0.0", "01.0.0", "1.0.0-01", "1.0.0-", "1.0.0rc1", "1.0.\u0660", "x"])
def test_what_looks_like_a_semver_need_not_be_one(version: str) -> None:
    assert rank(version) is None


@pytest.mark.parametrize(
    ("published", "expected"),
    [
        (["1.0.0"], "1.0.0"),
        (["1.0.0", "2.0.0", "1.9.9"], "2.0.0"),
        (["1.0.0", "1.0.0-rc.1"], "1.0.0"),
        (["1.0.0-rc.1", "1.0.0"], "1.0.0"),
        (["2.0.0", "2026.11"], "2026.11"),
        (["2026.11", "1.0.0"], "1.0.0"),
        (["2026.11", "2026.10"], "2026.10"),
        (["1.0.0", "2026.11", "0.9.0"], "0.9.0"),
    ],
)
def test_the_latest_is_the_highest_or_what_no_rule_can_compare(published: list[str], expected: str) -> None:
    assert latest(published) == expected
