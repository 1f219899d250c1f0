"""Several rankings made one."""

from collections.abc import Iterable, Sequence


def fused(rankings: Iterable[Sequence[int]], k: int) -> list[int]:
    """By reciprocal rank: near the top of either counts, and no score is compared with one of another kind."""
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, key in enumerate(ranking, start=1):
            scores[key] = scores.get(key, 0.0) + 1 / (k + rank)
    return sorted(scores, key=lambda key: (-scores[key], key))
