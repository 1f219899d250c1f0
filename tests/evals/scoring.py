"""How good a ranking is, and how sure that is."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

DEPTH = 10
DRAWS = 10_000


def ndcg(ranked: Sequence[str], relevant: Mapping[str, int]) -> float:
    """nDCG@10 of a ranking whose gains are 3 for what answers and 1 for what helps."""
    best = _gain(sorted(relevant.values(), reverse=True))
    return _gain([relevant.get(name, 0) for name in ranked]) / best


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Where the mean lies, 95 times of 100, over questions drawn again; the same at each run."""
    draw = np.random.default_rng(9)
    drawn = draw.choice(np.asarray(values), (DRAWS, len(values))).mean(axis=1)
    low, high = np.percentile(drawn, (2.5, 97.5))
    return float(low), float(high)


def _gain(grades: Sequence[int]) -> float:
    return sum((2**grade - 1) / math.log2(place + 2) for place, grade in enumerate(grades[:DEPTH]))
