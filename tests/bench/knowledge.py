"""`make bench ONLY=knowledge`: what permissions cost a search, beside none at all and beside Chroma's own filter."""

import hashlib
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import chromadb
import numpy as np
from tantivy import Index as Words
from tantivy import Occur, Query

from servers.knowledge import searching
from servers.knowledge.encoder.chosen import encoder
from servers.knowledge.encoder.port import Encoder, Vectors
from servers.knowledge.index.audience import EVERYONE
from servers.knowledge.index.fusion import by_scores
from servers.knowledge.keeping import Kept, opened
from servers.knowledge.searching import Asked
from servers.knowledge.session import Session
from servers.knowledge.settings import KnowledgeSettings
from tests.bench.knowledge_world import GROUPS, QUIET, World, indexed, one_collection, word
from tests.bench.rows import Row

SIZES = tuple(int(size) for size in os.environ.get("CHUNKS", "50000").split(","))
OF_A_PERSON = 20
"""Groups of the person who asks."""
QUERIES, WARM = 150, 20
PAGES, ROUNDS = 1_000, 5


def run() -> list[Row]:
    """Measure and return the rows."""
    with tempfile.TemporaryDirectory(prefix="sb-bench-") as folder:
        settings = KnowledgeSettings.load(state=Path(folder) / "none")
        model = encoder(settings)
        chance = random.Random(0)  # noqa: S311  # a repeatable world
        real = model.encode([" ".join(word(chance) for _ in range(20)) for _ in range(1_000)])
        rows: list[Row] = []
        for chunks in SIZES:
            rows += _searching(Path(folder) / str(chunks), World(chunks, model, real), settings)
        return [*rows, *_syncing(Path(folder), model), *_starting(Path(folder))]


def _searching(folder: Path, world: World, settings: KnowledgeSettings) -> list[Row]:
    private = indexed(folder / "closed", world, settings, public=False)
    public = indexed(folder / "open", world, settings, public=True)
    filtered = one_collection(folder / "where", private, world)
    person = frozenset({EVERYONE, *(f"group-{number}" for number in range(0, GROUPS, GROUPS // OF_A_PERSON))})
    mine, everything = _session(private, person), _session(public, frozenset({EVERYONE}))
    plain = _plain(public, world.encoder)
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
    chance = random.Random(7)  # noqa: S311  # the same questions for all
    questions = [" ".join(word(chance) for _ in range(6)) for _ in range(WARM + QUERIES)]
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


def _session(kept: Kept, keys: frozenset[str]) -> Session:
    return Session(kept=kept, keys=keys, reach=kept.index.held().reach(keys))


def _by_filter(knowledge: Session, collection: chromadb.Collection, query: str) -> object:
    """Our search with Chroma's own filter in the place of our blocks."""
    vector = knowledge.encoder.encode([query])[0]
    where: Any = {"audience": {"$in": list(knowledge.reach.passages)}}
    near: Any = collection.query(query_embeddings=vector.reshape(1, -1), n_results=searching.POOL, where=where)
    words = knowledge.index.by_words(query, knowledge.reach, searching.POOL)
    scored = [(int(key), 1.0 - distance) for key, distance in zip(near["ids"][0], near["distances"][0], strict=True)]
    return knowledge.index.passages(by_scores(scored, words, knowledge.settings.meaning)[:16], knowledge.reach)


def _plain(kept: Kept, model: Encoder) -> Callable[[str], object]:
    """The engines alone, as anybody would call them: no catalogue, no flags, no answer."""
    folder = kept.board.path.parent
    collection = chromadb.PersistentClient(str(folder / "chroma"), settings=QUIET).get_collection(
        "knowledge-1", embedding_function=None
    )
    words = Words.open(str(folder / "words"))
    schema, searcher = words.schema, words.searcher()

    def ask(query: str) -> object:
        vector = model.encode([query])[0]
        near = collection.query(query_embeddings=vector.reshape(1, -1), n_results=searching.POOL)
        terms = [(Occur.Should, Query.term_query(schema, "text", word, index_option="freq")) for word in query.split()]
        found = searcher.search(Query.boolean_query(terms), limit=searching.POOL, count=False)
        return near, found

    return ask


def _syncing(folder: Path, model: Encoder) -> list[Row]:
    """A sync that finds nothing changed, beside hashing the same files."""
    pages = folder / "pages" / "handbook"
    pages.mkdir(parents=True)
    chance = random.Random(3)  # noqa: S311  # a repeatable corpus
    for number in range(PAGES):
        text = "\n\n".join(" ".join(word(chance) for _ in range(120)) for _ in range(20))
        (pages / f"page-{number}.md").write_text(f"---\ngroups: [everyone]\n---\n{text}\n")
    listed = folder / "pages" / "sources.yaml"
    listed.write_text("sources: [{name: handbook, title: Handbook, owner: lea, kind: folder, path: handbook}]")
    settings = KnowledgeSettings.load(sources=listed, state=folder / "synced")
    kept = opened(settings, _Quick(model))
    kept.sync()
    syncs, hashes = zip(*((_cpu(kept.sync), _cpu(lambda: _hashed(pages))) for _ in range(ROUNDS)), strict=True)
    ours, theirs = statistics.median(syncs), statistics.median(hashes)
    return [_row(f"CPU of a sync of {PAGES} unchanged pages, beside hashing them", ours, theirs, 3.0)]


class _Quick:
    """A model of the same shape that computes nothing: what is measured here is not encoding."""

    def __init__(self, model: Encoder) -> None:
        self.model = replace(model.model, name="quick")

    def encode(self, texts: Sequence[str]) -> Vectors:
        return np.ones((len(texts), self.model.dimension), np.float32) / np.float32(self.model.dimension**0.5)


def _hashed(pages: Path) -> None:
    for path in sorted(pages.rglob("*")):
        hashlib.sha256(path.read_bytes()).hexdigest()


def _cpu(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return (time.process_time() - before) * 1e3


_FIRST = """
import asyncio, sys, time
at = time.perf_counter()
from platform_core.testing import connect_as, desk_in
from {package}.server import server
from pathlib import Path

async def ask():
    more = {{"desk": desk_in(Path(sys.argv[1]), server)}} if server.asks else {{}}
    async with connect_as(server, "ana", **more) as client:
        answer = await client.call_tool({tool!r}, {arguments!r})
        assert not answer.is_error, answer.content

asyncio.run(ask())
print(time.perf_counter() - at)
"""
_MODEL = """
import time
from servers.knowledge.encoder.chosen import encoder
from servers.knowledge.settings import KnowledgeSettings
at = time.perf_counter()
encoder(KnowledgeSettings.load()).encode(["warm"])
print(time.perf_counter() - at)
"""


def _starting(folder: Path) -> list[Row]:
    """From nothing to the first answer out of a warm index of the demo corpus, beside the seed and the model's load."""
    environment = os.environ | {"SEEDBED_KNOWLEDGE_STATE": str(folder / "demo")}
    ready = [sys.executable, "-m", "servers.knowledge", "sync"]
    subprocess.run(ready, env=environment, check=False, capture_output=True)  # our own command
    ours = _FIRST.format(package="servers.knowledge", tool="search", arguments={"query": "how do I claim expenses"})
    seed = _FIRST.format(package="deploy.seed", tool="greet", arguments={})

    def seconds(script: str) -> float:
        words = [sys.executable, "-c", script, str(folder)]
        done = subprocess.run(words, env=environment, check=True, capture_output=True, text=True)
        return float(done.stdout.split()[-1]) * 1e3

    taken = [(seconds(ours), seconds(seed), seconds(_MODEL)) for _ in range(ROUNDS)]
    answer, greeting, model = (statistics.median(column) for column in zip(*taken, strict=True))
    work = "first answer of a process with a warm index, beside 2 x the seed's + the model's load"
    return [
        _row(work, answer, 2 * greeting + model, 1.0),
        Row(part="knowledge", work="the model's load and first vector", ours=model, unit="ms"),
    ]


def _row(work: str, ours: float, baseline: float, bar: float | None = None) -> Row:
    return Row(part="knowledge", work=work, ours=ours, baseline=baseline, unit="ms", ratio=ours / baseline, bar=bar)
