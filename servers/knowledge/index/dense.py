"""Passages by their meaning: in chroma, each large audience in a collection of its own, the small ones in one.

Chroma's filter on a collection of everything costs a hundred times the search. So a question is put to the collections
that the person may read as a whole, and compared one by one, exactly, with the passages of their small audiences.
"""

import threading
from collections.abc import Collection as Several
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from servers.knowledge.encoder.port import Vectors
from servers.knowledge.index.chroma import Block, Collections, Near

LARGE = 2_000
"""Passages from which on an audience has a collection of its own."""


class Dense:
    """The index of meaning."""

    def __init__(self, collections: Collections) -> None:
        self._collections, self._lock = collections, threading.Lock()
        self._own = collections.own()
        self._few = collections.of("few")
        self._blocks = self._few.by_audience()
        for audience in self._own.keys() & self._blocks.keys():  # a move that was killed
            self._settle(audience)

    def add(self, passages: Mapping[int, Block]) -> None:
        """Take in passages, given by their audience."""
        with self._lock:
            small = {audience: block for audience, block in passages.items() if audience not in self._own}
            for audience in passages.keys() - small.keys():
                self._own[audience].write({audience: passages[audience]})
            self._few.write(small)
            self._blocks = self._blocks | {
                audience: joined(self._blocks.get(audience), block) for audience, block in small.items()
            }
            for audience in small:
                if len(self._blocks[audience].keys) >= LARGE:
                    self._settle(audience)

    def remove(self, passages: Mapping[int, Several[int]]) -> None:
        """Forget passages, given by their audience."""
        with self._lock:
            for audience, keys in passages.items():
                self._own.get(audience, self._few).delete(keys)
                if audience in self._blocks:
                    self._blocks = self._blocks | {audience: _without(self._blocks[audience], keys)}

    def nearest(self, vector: Vectors, visible: Iterable[int], most: int) -> list[Near]:
        """The passages of these audiences whose meaning is nearest to `vector`, nearest first."""
        blocks, near = self._blocks, list[Near]()
        small: list[Block] = []
        for audience in visible:
            if (own := self._own.get(audience)) is not None:
                near += own.nearest(vector, most)
            elif (block := blocks.get(audience)) is not None:
                small.append(block)
        near += _compared(small, vector, most)
        return sorted(near, key=lambda each: (-each[1], each[0]))[:most]

    def _settle(self, audience: int) -> None:
        """Give an audience that has grown large its own collection. Until this ends both hold its passages."""
        block = self._blocks[audience]
        own = self._collections.of(audience)
        own.write({audience: block})
        self._own = self._own | {audience: own}
        self._blocks = {kept: value for kept, value in self._blocks.items() if kept != audience}
        self._few.delete(block.keys.tolist())


def _compared(blocks: Sequence[Block], vector: Vectors, most: int) -> list[Near]:
    if not blocks:
        return []
    scores = np.concatenate([block.vectors @ vector for block in blocks])
    keys = np.concatenate([block.keys for block in blocks])
    if len(scores) > most:
        best = np.argpartition(-scores, most)[:most]
        scores, keys = scores[best], keys[best]
    return [(int(key), float(score)) for key, score in zip(keys, scores, strict=True)]


def joined(block: Block | None, fresh: Block) -> Block:
    """Both."""
    if block is None:
        return fresh
    return Block(np.concatenate([block.keys, fresh.keys]), np.concatenate([block.vectors, fresh.vectors]))


def _without(block: Block, keys: Several[int]) -> Block:
    kept = ~np.isin(block.keys, np.array(list(keys), np.int64))
    return Block(block.keys[kept], block.vectors[kept])
