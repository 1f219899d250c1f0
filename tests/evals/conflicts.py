"""How often the flag `conflict` is right: on pairs that were written for it, and on all pairs of the corpus."""

import json
from itertools import combinations

import numpy as np

from servers.knowledge import flags
from servers.knowledge.index.vectors import KnownVectors
from tests.evals.corpus import passages
from tests.evals.questions import HERE

TRUE = {
    frozenset(pair)
    for pair in (
        ("refund-policy", "returns-and-refunds"),
        ("refund-policy", "refund-small"),
        ("refund-small", "returns-and-refunds"),
        ("retention", "click-export"),
        ("expenses", "expenses-2024"),
    )
}
"""Pages of the corpus that give other numbers for the same thing."""


def readings(vectors: KnownVectors, above: float) -> list[str]:
    """One line for the pairs that were written, one for those of the corpus."""
    pairs = [json.loads(line) for line in (HERE / "conflicts.jsonl").read_text("utf-8").splitlines()]
    told = [pair["conflict"] for pair in pairs if _flagged(vectors, pair["one"], pair["other"], above)]
    written = sum(pair["conflict"] for pair in pairs)
    found = _in_the_corpus(vectors, above)
    right = found & TRUE
    return [
        f"written pairs: {sum(told)} of {written} conflicts flagged, and {len(told) - sum(told)} of "
        f"{len(pairs) - written} others",
        f"corpus: {len(right)} of {len(TRUE)} pairs of pages flagged, and {len(found - right)} that agree",
    ]


def _flagged(vectors: KnownVectors, one: str, other: str, above: float) -> bool:
    near = vectors.of([one, other])
    return float(near[0] @ near[1]) > above and flags.differ(flags.facts_of(one), flags.facts_of(other))


def _in_the_corpus(vectors: KnownVectors, above: float) -> set[frozenset[str]]:
    every = passages()
    known = vectors.of([text for _, _, text in every])
    facts = [flags.facts_of(said) for _, said, _ in every]
    near = known @ known.T
    np.fill_diagonal(near, 0.0)
    return {
        frozenset((every[one][0], every[other][0]))
        for one, other in combinations(range(len(every)), 2)
        if near[one, other] > above and every[one][0] != every[other][0] and flags.differ(facts[one], facts[other])
    }
