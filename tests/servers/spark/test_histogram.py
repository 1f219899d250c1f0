"""Quantiles in bounded memory: within 9 % of the exact ones, whatever the values."""

from hypothesis import given
from hypothesis import strategies as st

from servers.spark.histogram import Histogram

values = st.lists(st.integers(min_value=0, max_value=10**12), min_size=1, max_size=200)


@given(values, st.sampled_from([0.25, 0.5, 0.75, 0.95]))
def test_a_quantile_is_within_nine_per_cent(numbers: list[int], share: float) -> None:
    histogram = Histogram()
    for number in numbers:
        histogram.add(number)
    exact = sorted(numbers)[min(int(share * len(numbers)), len(numbers) - 1)]
    assert abs(histogram.quantile(share) - exact) <= 0.09 * exact + 1


@given(values)
def test_the_ends_are_exact_and_the_order_holds(numbers: list[int]) -> None:
    histogram = Histogram()
    for number in numbers:
        histogram.add(number)
    spread = histogram.spread()
    assert (spread.least, spread.most) == (min(numbers), max(numbers))
    assert spread.least <= spread.q25 <= spread.median <= spread.q75 <= spread.q95 <= spread.most


def test_a_clock_that_went_back_counts_as_nothing() -> None:
    histogram = Histogram()
    histogram.add(-5)
    assert histogram.spread().most == 0
