"""Quantiles of any number of values in bounded memory: eight buckets an octave, so within 9 %."""

import math
from collections import defaultdict

import msgspec

STEPS = 8


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """How values lie: least, quartiles, 95 %, most. Least and most are exact."""

    least: int = 0
    q25: int = 0
    median: int = 0
    q75: int = 0
    q95: int = 0
    most: int = 0


class Histogram:
    """Counts of whole numbers from 0 up."""

    __slots__ = ("buckets", "count", "least", "most")

    def __init__(self) -> None:
        self.buckets: defaultdict[int, int] = defaultdict(int)
        self.count = self.most = 0
        self.least: int | None = None

    def add(self, value: int) -> None:
        if value < 0:  # a clock that went back
            value = 0
        self.buckets[int(math.log2(value + 1) * STEPS)] += 1
        self.count += 1
        if value > self.most:
            self.most = value
        if self.least is None or value < self.least:
            self.least = value

    def quantile(self, share: float) -> int:
        """The middle of the bucket in which the value of that rank lies; ranks as Spark counts them."""
        rank, seen = min(int(share * self.count), self.count - 1), 0
        for bucket in sorted(self.buckets):
            seen += self.buckets[bucket]
            if seen > rank:
                middle = 2 ** ((bucket + 0.5) / STEPS) - 1
                return round(min(max(middle, self.least or 0), self.most))
        return 0

    def spread(self) -> Spread:
        return Spread(
            least=self.least or 0, q25=self.quantile(0.25), median=self.quantile(0.5), q75=self.quantile(0.75),
            q95=self.quantile(0.95), most=self.most,
        )  # fmt: skip
