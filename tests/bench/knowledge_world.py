"""What the Knowledge bench searches: documents with vectors and groups, as many as asked for, and always the same."""

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import chromadb
import numpy as np
from chromadb.config import Settings as ChromaSettings

from servers.knowledge.encoder.port import Encoder, Vectors
from servers.knowledge.gaps.tickets import Tickets
from servers.knowledge.index.audience import EVERYONE, Audience
from servers.knowledge.index.catalogue import Document
from servers.knowledge.index.chunks import Chunk
from servers.knowledge.index.index import Index, Prepared
from servers.knowledge.index.vectors import KnownVectors
from servers.knowledge.keeping import Kept
from servers.knowledge.settings import KnowledgeSettings
from servers.knowledge.sync.progress import Board

GROUPS = 1_000
PUBLIC = 0.4
"""Share of documents that everybody may read; the rest is for one to three groups."""
PER_DOCUMENT = 5
SOURCES = ("handbook", "runbooks", "oncall", "metrics", "wiki")
QUIET = ChromaSettings(anonymized_telemetry=False)
_VOCABULARY = 20_000


@dataclass(frozen=True)
class World:
    """Documents with vectors and groups, and people who ask."""

    chunks: int
    encoder: Encoder
    real: Vectors
    """Embeddings of real sentences; the others are near one of them."""

    def documents(self, chance: random.Random, *, public: bool) -> Iterator[tuple[Document, list[str]]]:
        for number in range(self.chunks // PER_DOCUMENT):
            texts = [" ".join(word(chance) for _ in range(60)) for _ in range(PER_DOCUMENT)]
            audience = _audience(chance)
            yield _document(number, frozenset({EVERYONE}) if public else audience), texts

    def vectors(self, count: int, chance: np.random.Generator) -> Vectors:
        near = self.real[chance.integers(len(self.real), size=count)]
        moved = near + chance.standard_normal(near.shape).astype(np.float32) * 0.03
        return (moved / np.linalg.norm(moved, axis=1, keepdims=True)).astype(np.float32)


def indexed(folder: Path, world: World, settings: KnowledgeSettings, *, public: bool) -> Kept:
    """An index of the world's documents; the same texts and vectors whoever may read them."""
    index = Index(folder, world.encoder.model)
    chance, numbers = random.Random(1), np.random.default_rng(1)  # noqa: S311  # a repeatable world
    step: list[Prepared] = []
    for document, texts in world.documents(chance, public=public):
        pieces = [Chunk(anchor=f"part-{place}", headings=(), text=text) for place, text in enumerate(texts)]
        step.append(
            Prepared(
                document=document,
                chunks=pieces,
                hashes=[hashlib.sha256(text.encode()).hexdigest()[:16] for text in texts],
                vectors=world.vectors(len(texts), numbers),
            )
        )
        if len(step) == 500:
            index.add(step)
            step = []
    index.add(step)
    board = Board(folder / "progress.json")
    board.change(finished="now")
    vectors = KnownVectors(world.encoder, folder)
    return Kept(
        settings=settings, index=index, encoder=world.encoder, vectors=vectors, tickets=Tickets(folder / "gaps.db"),
        board=board,
    )  # fmt: skip


def one_collection(folder: Path, kept: Kept, world: World) -> chromadb.Collection:
    """Everything in one collection of Chroma's, with the audience beside each vector."""
    folder.mkdir()
    collection = chromadb.PersistentClient(str(folder), settings=QUIET).create_collection(
        "everything", embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
    )
    with kept.index.catalogue.reading() as db:
        rows = db.execute("SELECT id, audience FROM passages ORDER BY id").fetchall()
    numbers = np.random.default_rng(1)
    for start in range(0, len(rows), 1_000):
        some = rows[start : start + 1_000]
        collection.add(
            ids=[str(row["id"]) for row in some],
            embeddings=world.vectors(len(some), numbers),
            metadatas=[{"audience": row["audience"]} for row in some],
        )
    return collection


def _document(number: int, audience: Audience) -> Document:
    return Document(
        id=f"{SOURCES[number % len(SOURCES)]}/page-{number}", source=SOURCES[number % len(SOURCES)], place=str(number),
        fingerprint="", hash="", audience=audience, title=f"Page {number}", url="", owner=f"owner-{number % 50}",
        team="", updated="2026-01-01", review_by="", supersedes="", suspect=False,
    )  # fmt: skip


def _audience(chance: random.Random) -> Audience:
    if chance.random() < PUBLIC:
        return frozenset({EVERYONE})
    return frozenset(f"group-{chance.randrange(GROUPS)}" for _ in range(chance.randint(1, 3)))


def word(chance: random.Random) -> str:
    """Common words often, rare ones seldom, as in any language."""
    return f"word{int(_VOCABULARY * chance.random() ** 3)}"
