"""Texts before and after, word by word."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

MOST = 4_000_000
"""Pairs of words that one page compares; a text beyond them is shown whole, as one change."""


@dataclass(frozen=True)
class Piece:
    """Words that are the same on both sides, or on one alone."""

    kind: Literal["same", "before", "after"]
    text: str


def word_by_word(texts: Iterable[tuple[str, str]]) -> list[list[Piece]]:
    """Of each pair, the first text made into the second."""
    found: list[list[Piece]] = []
    left = MOST
    for before, after in texts:
        old, new = (re.findall(r"\s+|\w+|[^\w\s]", text) for text in (before, after))
        if (cost := len(old) * len(new)) > left:
            found.append([Piece("before", before), Piece("after", after)])
            continue
        left -= cost
        found.append(list(_compared(old, new)))
    return found


def _compared(old: list[str], new: list[str]) -> Iterator[Piece]:
    for kind, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            yield Piece("same", "".join(old[i:j]))
            continue
        if i < j:
            yield Piece("before", "".join(old[i:j]))
        if k < m:
            yield Piece("after", "".join(new[k:m]))
