"""Two rankings made one."""

from collections.abc import Sequence

Scored = Sequence[tuple[int, float]]
"""Passages with their scores, best first; scores of one ranking compare with one another alone."""
FLOOR = 50
"""The place whose score counts as nothing, however long the ranking is: more of it moves nobody near its top."""


def by_scores(meaning: Scored, words: Scored, share: float) -> list[int]:
    """Each ranking between its best and its last near the top; `share` is what meaning counts."""
    scores: dict[int, float] = {}
    for ranking, weight in ((meaning, share), (words, 1 - share)):
        for key, score in _scaled(ranking):
            scores[key] = scores.get(key, 0.0) + weight * score
    places = by_ranks(meaning, words, FLOOR)
    return sorted(places, key=lambda key: -scores[key])


def by_ranks(meaning: Scored, words: Scored, k: int) -> list[int]:
    """By reciprocal rank: near the top of either counts, and no score is compared with one of another kind."""
    scores: dict[int, float] = {}
    for ranking in (meaning, words):
        for rank, (key, _) in enumerate(ranking, start=1):
            scores[key] = scores.get(key, 0.0) + 1 / (k + rank)
    return sorted(scores, key=lambda key: (-scores[key], key))


def _scaled(ranking: Scored) -> list[tuple[int, float]]:
    if not ranking:
        return []
    best, least = ranking[0][1], ranking[:FLOOR][-1][1]
    width = best - least
    return [(key, max(score - least, 0.0) / width if width else 1.0) for key, score in ranking]
