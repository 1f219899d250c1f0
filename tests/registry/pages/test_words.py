"""Numbers and moments as people say them."""

import pytest

from registry.pages import words


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-3, "just now"), (0.4, "just now"), (12, "12 s ago"), (99, "99 s ago"), (100, "1 min ago"),
        (3_700, "61 min ago"), (7_200, "2 h ago"), (160_000, "44 h ago"), (400_000, "4 days ago"),
    ],
)  # fmt: skip
def test_an_age_has_one_unit(seconds: float, said: str) -> None:
    assert words.ago(seconds) == said


@pytest.mark.parametrize(("seconds", "said"), [(-1, "now"), (0.5, "now"), (59, "in 59 s"), (500, "in 8 min")])
def test_what_lies_ahead_is_said_the_same_way(seconds: float, said: str) -> None:
    assert words.ahead(seconds) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [(0, "0 h"), (40, "27-53 min"), (120, "1-3 h"), (71_234, "790-1,600 h"), (422_400, "4,700-9,400 h")],
)
def test_an_estimate_is_a_span_of_two_digits(value: float, said: str) -> None:
    assert words.saved(value).replace(words.TO, "-") == said


@pytest.mark.parametrize(
    ("listed", "said"), [((), ""), (("a",), "a"), (("a", "b"), "a and b"), (("a", "b", "c"), "a, b and c")]
)
def test_names_are_listed_as_people_list_them(listed: tuple[str, ...], said: str) -> None:
    assert words.names(listed) == said


def test_a_moment_is_exact_for_people_and_for_machines() -> None:
    assert words.moment(1_795_427_158) == "Mon 23 Nov 2026, 09:45:58 UTC"
    assert words.iso(1_795_427_158) == "2026-11-23T09:45:58Z"
    assert words.day(1_795_427_158) == "23 Nov 2026"
