"""The index: catalogue, words and meaning, kept in step."""

import shutil
import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from servers.knowledge.encoder.port import Model, Vectors
from servers.knowledge.index import catalogue
from servers.knowledge.index.catalogue import Catalogue, Document, Passage
from servers.knowledge.index.chroma import Block, Collections, Near, client, forget, name_of
from servers.knowledge.index.chunks import Chunk
from servers.knowledge.index.dense import Dense, joined
from servers.knowledge.index.lexical import Lexical
from servers.knowledge.index.reach import Held, Reach


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A document that is about to count."""

    document: Document
    chunks: Sequence[Chunk]
    hashes: Sequence[str]
    vectors: Vectors

    @property
    def texts(self) -> list[str]:
        return [chunk.embedded(self.document.title) for chunk in self.chunks]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Numbered:
    """A document that has its numbers."""

    prepared: Prepared
    audience: int
    version: int
    keys: Sequence[int]

    @property
    def entries(self) -> list[tuple[int, int, str]]:
        """What the index of words takes in."""
        return [(key, self.audience, text) for key, text in zip(self.keys, self.prepared.texts, strict=True)]


class Index:
    """One process writes; every step leaves an index that answers, whatever kills it."""

    def __init__(self, folder: Path, model: Model, *, chroma: str | None = None) -> None:
        self.catalogue = Catalogue(folder / "catalogue.db")
        self._dense = Dense(Collections(client(folder / "chroma", chroma), name_of(folder, chroma), model))
        self._lexical = Lexical(folder / "words")
        self._held: Held | None = None
        self._steps = 0
        """Steps that were published: what was counted across one is not remembered."""

    def add(self, prepared: Sequence[Prepared], gone: Collection[str] = ()) -> None:
        """Let documents count instead of what they were, and those `gone` no longer: all in one step.

        Engines first, the catalogue last: what it does not call live is not there, so a sync that is killed between
        leaves what was. `tidy` takes away what it left.
        """
        with self.catalogue.step() as db:
            made = [_prepared(db, each) for each in prepared]
        blocks: dict[int, Block] = {}
        for each in filter(lambda each: each.keys, made):
            fresh = Block(np.array(each.keys, np.int64), each.prepared.vectors)
            blocks[each.audience] = joined(blocks.get(each.audience), fresh)
        self._dense.add(blocks)
        self._lexical.change(chain.from_iterable(each.entries for each in made), ())
        with self.catalogue.step() as db:
            catalogue.publish(db, [each.version for each in made], gone)
        self._steps += 1
        self._held = None
        self.tidy()

    def tidy(self) -> None:
        """Take out of the engines what no longer counts, or never came to."""
        with self.catalogue.reading() as db:
            rest = catalogue.rest(db)
        if rest:
            self._dense.remove(rest)
            self._lexical.change((), [key for keys in rest.values() for key in keys])
        with self.catalogue.step() as db:
            catalogue.sweep(db)

    def held(self) -> Held:
        """What there is in all."""
        if (held := self._held) is not None:
            return held
        steps = self._steps
        with self.catalogue.reading() as db:
            held = Held.of(catalogue.audiences(db), catalogue.counts(db))
        if steps == self._steps:
            self._held = held
        return held

    def by_meaning(self, vector: Vectors, reach: Reach, most: int) -> list[Near]:
        return self._dense.nearest(vector, reach.passages, most)

    def by_words(self, question: str, reach: Reach, most: int) -> list[tuple[int, float]]:
        return self._lexical.nearest(question, reach.passages, most)

    def passages(self, keys: Collection[int], reach: Reach) -> dict[int, Passage]:
        """Those of `keys` that count and that the person may read: the catalogue has the last word on every hit."""
        with self.catalogue.reading() as db:
            found = catalogue.passages(db, keys, self.held().audiences)
        return {key: passage for key, passage in found.items() if passage.audience_id in reach.passages}


def discard(folder: Path, chroma: str | None) -> None:
    """Take away all that an index is made of; what readers reported stays."""
    if chroma is not None:
        forget(folder, chroma)
    for name in ("chroma", "words"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for path in folder.glob("catalogue.db*"):
        path.unlink()


def _prepared(db: sqlite3.Connection, each: Prepared) -> _Numbered:
    version, keys = catalogue.prepare(db, each.document, list(zip(each.chunks, each.hashes, strict=True)))
    audience = catalogue.audience_id(db, each.document.audience)
    return _Numbered(prepared=each, audience=audience, version=version, keys=keys)
