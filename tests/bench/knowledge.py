"""`make bench ONLY=knowledge`: what permissions cost a search, beside a search without any and beside Chroma's filter."""

import hashlib
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import chromadb
import numpy as np
from tantivy import Index as Words
from tantivy import Occur, Query

from servers.knowledge import searching
from servers.knowledge.encoder.chosen import encoder
from servers.knowledge.encoder.port import Encoder, Vectors
from servers.knowledge.gaps.tickets import Tickets
from servers.knowledge.index.audience import EVERYONE, Audience
from servers.knowledge.index.catalogue import Document
from servers.knowledge.index.chunks import Chunk
from servers.knowledge.index.fusion import fused
from servers.knowledge.index.index import Index, Prepared
from servers.knowledge.index.reach import Reach
from servers.knowledge.index.vectors import KnownVectors
from servers.knowledge.keeping import Kept
from servers.knowledge.searching import Asked
from servers.knowledge.session import Session
from servers.knowledge.settings import KnowledgeSettings
from servers.knowledge.sync.progress import Board
from tests.bench.rows import Row

SIZES = tuple(int(size) for size in os.environ.get("CHUNKS", "50000").split(","))
GROUPS, OF_A_PERSON = 1_000, 20
PUBLIC = 0.4
"""Share of documents that everybody may read; the rest is for one to three groups."""
PER_DOCUMENT = 5
QUERIES, WARM = 150, 20
SOURCES = ("handbook", "runbooks", "oncall", "metrics", "wiki")
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
            texts = [" ".join(_word(chance) for _ in range(60)) for _ in range(PER_DOCUMENT)]
            audience = _audience(chance)
            yield _document(number, frozenset({EVERYONE}) if public else audience), texts

    def vectors(self, count: int, chance: np.random.Generator) -> Vectors:
        near = self.real[chance.integers(len(self.real), size=count)]
        moved = near + chance.standard_normal(near.shape).astype(np.float32) * 0.03
        return (moved / np.linalg.norm(moved, axis=1, keepdims=True)).astype(np.float32)


def run() -> list[Row]:
    """Measure and return the rows."""
    with tempfile.TemporaryDirectory(prefix="sb-bench-") as folder:
        settings = KnowledgeSettings.load(state=Path(folder) / "none")
        model = encoder(settings)
        real = model.encode([" ".join(_word(random.Random(n)) for _ in range(20)) for n in range(1_000)])
        rows: list[Row] = []
        for chunks in SIZES:
            rows += _searching(Path(folder) / str(chunks), World(chunks, model, real), settings)
        return [*rows, *_syncing(Path(folder)), *_starting(Path(folder))]


def _searching(folder: Path, world: World, settings: KnowledgeSettings) -> list[Row]:
    closed = _kept(folder / "closed", world, settings, public=False)
    opened = _kept(folder / "open", world, settings, public=True)
    filtered = _chroma(folder / "where", closed, world)
    person = frozenset({EVERYONE, *(f"group-{number}" for number in range(0, GROUPS, GROUPS // OF_A_PERSON))})
    mine, everything = _session(closed, person), _session(opened, frozenset({EVERYONE}))
    plain = _plain(opened, world.encoder)
    work: dict[str, Callable[[str], object]] = {
        "ours": lambda query: searching.found(mine, Asked(query=query)),
        "open": lambda query: searching.found(everything, Asked(query=query)),
        "where": lambda query: _by_filter(mine, filtered, query),
        "plain": plain,
    }
    told = _measured(work)
    size = f"{world.chunks // 1_000},000 chunks, {GROUPS} groups"
    of_person = sum(mine.reach.passages.values())
    load = os.getloadavg()[0]
    return [
        _row(f"CPU of a search, {size}, beside the same without any ACL", told["ours"].cpu, told["open"].cpu, 1.5),
        _row(f"p95 of a search, {size}, beside the same without any ACL", told["ours"].p95, told["open"].p95, 1.5),
        _row(f"CPU of a search, {size}, beside Chroma's `where`", told["ours"].cpu, told["where"].cpu, 0.5),
        _row(f"p95 of a search, {size}, beside Chroma's `where`", told["ours"].p95, told["where"].p95, 0.5),
        _row(f"CPU of a search, {size}, beside plain tantivy + plain Chroma", told["ours"].cpu, told["plain"].cpu),
        Row(part="knowledge", work=f"p50 of a search, {size}", ours=told["ours"].p50, unit="ms"),
        Row(part="knowledge", work=f"passages that the person may read, {size}", ours=of_person, unit="passages"),
        Row(
            part="knowledge",
            work=f"audiences that they are in, {size}",
            ours=len(mine.reach.passages),
            unit="audiences",
        ),
        Row(part="knowledge", work="load of the machine meanwhile", ours=load, unit="processes"),
    ]


@dataclass(frozen=True)
class Told:
    """Milliseconds of a query."""

    cpu: float
    p50: float
    p95: float


def _measured(work: dict[str, Callable[[str], object]]) -> dict[str, Told]:
    """The same questions to each, in turns, so that a busy moment of the machine meets all of them."""
    chance = random.Random(7)
    questions = [" ".join(_word(chance) for _ in range(6)) for _ in range(WARM + QUERIES)]
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in work}
    for number, question in enumerate(questions):
        for name, ask in work.items():
            cpu, wall = time.process_time(), time.perf_counter()
            ask(question)
            if number >= WARM:
                taken[name].append((time.process_time() - cpu, time.perf_counter() - wall))
    return {name: _told(each) for name, each in taken.items()}


def _told(taken: Sequence[tuple[float, float]]) -> Told:
    walls = sorted(wall * 1e3 for _, wall in taken)
    cpu = statistics.median(cpu * 1e3 for cpu, _ in taken)
    return Told(cpu=cpu, p50=walls[len(walls) // 2], p95=walls[int(len(walls) * 0.95)])


def _kept(folder: Path, world: World, settings: KnowledgeSettings, *, public: bool) -> Kept:
    """An index of the world's documents; the same texts and vectors whoever may read them."""
    index = Index(folder, world.encoder.model)
    chance, numbers = random.Random(1), np.random.default_rng(1)
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


def _session(kept: Kept, keys: frozenset[str]) -> Session:
    return Session(kept=kept, keys=keys, reach=kept.index.held().reach(keys))


def _chroma(folder: Path, kept: Kept, world: World) -> chromadb.Collection:
    """Everything in one collection of Chroma's, with the audience beside each vector."""
    folder.mkdir()
    settings = chromadb.config.Settings(anonymized_telemetry=False)
    collection = chromadb.PersistentClient(str(folder), settings=settings).create_collection(
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


def _by_filter(knowledge: Session, collection: chromadb.Collection, query: str) -> object:
    """Our search with Chroma's own filter in the place of our blocks."""
    vector = knowledge.encoder.encode([query])[0]
    where = {"audience": {"$in": list(knowledge.reach.passages)}}
    near = collection.query(query_embeddings=vector.reshape(1, -1), n_results=searching.POOL, where=where)
    words = knowledge.index.by_words(query, knowledge.reach, searching.POOL)
    keys = fused(([int(key) for key in near["ids"][0]], words), knowledge.settings.rrf_k)
    return knowledge.index.passages(keys, knowledge.reach)


def _plain(kept: Kept, model: Encoder) -> Callable[[str], object]:
    """The engines alone, as anybody would call them: no catalogue, no flags, no answer."""
    folder = kept.board.path.parent
    collection = chromadb.PersistentClient(
        str(folder / "chroma"), settings=chromadb.config.Settings(anonymized_telemetry=False)
    ).get_collection("knowledge-1", embedding_function=None)
    words = Words.open(str(folder / "words"))
    schema, searcher = words.schema, words.searcher()

    def ask(query: str) -> object:
        vector = model.encode([query])[0]
        near = collection.query(query_embeddings=vector.reshape(1, -1), n_results=searching.POOL)
        terms = [(Occur.Should, Query.term_query(schema, "text", word, index_option="freq")) for word in query.split()]
        found = searcher.search(Query.boolean_query(terms), limit=searching.POOL, count=False)
        return near, found

    return ask


def _syncing(folder: Path) -> list[Row]:
    return []


def _starting(folder: Path) -> list[Row]:
    return []


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


def _word(chance: random.Random) -> str:
    """Common words often, rare ones seldom, as in any language."""
    return f"word{int(_VOCABULARY * chance.random() ** 3)}"


def _row(work: str, ours: float, baseline: float, bar: float | None = None) -> Row:
    return Row(part="knowledge", work=work, ours=ours, baseline=baseline, unit="ms", ratio=ours / baseline, bar=bar)
