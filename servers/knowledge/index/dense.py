"""Passages by their meaning: in chroma, each large audience in a collection of its own, the small ones in one.

Chroma's filter on a collection of everything costs a hundred times the search. So a question is put to the collections
that the person may read as a whole, and compared one by one, exactly, with the passages of their small audiences.
"""

import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import chromadb
import numpy as np
from chromadb.api import ClientAPI
from chromadb.config import Settings as ChromaSettings
from numpy.typing import NDArray

from platform_core import WiringError
from servers.knowledge.encoder.port import Model, Vectors

LARGE = 2_000
"""Passages from which on an audience has a collection of its own."""
_BATCH = 2_000

Near = tuple[int, float]
"""A passage and its cosine."""


@dataclass(frozen=True, slots=True)
class Block:
    """The passages of one small audience."""

    keys: NDArray[np.int64]
    vectors: Vectors


def client(folder: Path, server: str | None) -> ClientAPI:
    """Chroma in this process, or the server that a setting names; neither phones home."""
    settings = ChromaSettings(anonymized_telemetry=False)
    if server is None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return chromadb.PersistentClient(str(folder), settings=settings)
    host, _, port = server.removeprefix("http://").removeprefix("https://").partition(":")
    tls = server.startswith("https://")
    return chromadb.HttpClient(host, int(port or (443 if tls else 8000)), ssl=tls, settings=settings)


class Dense:
    """The index of meaning."""

    def __init__(self, chroma: ClientAPI, model: Model, name: str = "knowledge") -> None:
        self._chroma, self._model, self._name = chroma, model, name
        self._lock = threading.Lock()
        known = {each.name for each in chroma.list_collections()}
        self._own = {audience: self._collection(title) for title in known if (audience := self._of(title)) is not None}
        self._few = self._collection(f"{name}-few")
        self._blocks = self._loaded()

    def add(self, passages: Mapping[int, Block]) -> None:
        """Take in passages, given by their audience."""
        with self._lock:
            small = {audience: block for audience, block in passages.items() if audience not in self._own}
            for audience in passages.keys() - small.keys():
                self._write(self._own[audience], {audience: passages[audience]})
            self._write(self._few, small)
            self._blocks = self._blocks | {
                audience: joined(self._blocks.get(audience), block) for audience, block in small.items()
            }
            for audience in small:
                if len(self._blocks[audience].keys) >= LARGE:
                    self._settle(audience)

    def remove(self, passages: Mapping[int, Collection[int]]) -> None:
        """Forget passages, given by their audience."""
        with self._lock:
            for audience, keys in passages.items():
                own = self._own.get(audience)
                for batch in _batches(list(keys)):
                    (own or self._few).delete(ids=[str(key) for key in batch])
                if own is None and audience in self._blocks:
                    self._blocks = self._blocks | {audience: _without(self._blocks[audience], keys)}

    def nearest(self, vector: Vectors, visible: Iterable[int], most: int) -> list[Near]:
        """The passages of these audiences whose meaning is nearest to `vector`, nearest first."""
        blocks, near = self._blocks, list[Near]()
        small: list[Block] = []
        for audience in visible:
            if (own := self._own.get(audience)) is not None:
                near += _asked(own, vector, most)
            elif (block := blocks.get(audience)) is not None:
                small.append(block)
        near += _compared(small, vector, most)
        return sorted(near, key=lambda each: (-each[1], each[0]))[:most]

    def _settle(self, audience: int) -> None:
        """Give an audience that has grown large its own collection. Until this ends both hold its passages."""
        block = self._blocks[audience]
        own = self._collection(f"{self._name}-{audience}")
        self._write(own, {audience: block})
        self._own = self._own | {audience: own}
        self._blocks = {kept: value for kept, value in self._blocks.items() if kept != audience}
        for batch in _batches(block.keys.tolist()):
            self._few.delete(ids=[str(key) for key in batch])

    def _write(self, into: chromadb.Collection, passages: Mapping[int, Block]) -> None:
        if not passages:
            return
        keys = np.concatenate([block.keys for block in passages.values()])
        vectors = np.concatenate([block.vectors for block in passages.values()])
        owners = [audience for audience, block in passages.items() for _ in block.keys]
        for start in range(0, len(keys), _BATCH):
            end = start + _BATCH
            into.upsert(
                ids=[str(key) for key in keys[start:end]],
                embeddings=vectors[start:end],
                metadatas=[{"audience": audience} for audience in owners[start:end]],
            )

    def _collection(self, title: str) -> chromadb.Collection:
        found = self._chroma.get_or_create_collection(
            title,
            embedding_function=None,  # its own default fetches a model
            metadata={"model": str(self._model)},
            configuration={"hnsw": {"space": "cosine"}},
        )
        made_by = (found.metadata or {}).get("model")
        if made_by != str(self._model):
            raise WiringError(
                f"the index was made by {made_by} and is asked by {self._model}, whose vectors can't be compared: set "
                "the encoder back, or make the index anew with `seedbed-server-knowledge sync --afresh`"
            )
        return found

    def _of(self, title: str) -> int | None:
        number = title.removeprefix(f"{self._name}-")
        return int(number) if title.startswith(f"{self._name}-") and number.isdecimal() else None

    def _loaded(self) -> dict[int, Block]:
        """The small audiences, as chroma has them."""
        found = self._few.get(include=["embeddings", "metadatas"])
        if not found["ids"]:
            return {}
        keys = np.array([int(key) for key in found["ids"]], np.int64)
        vectors = np.asarray(found["embeddings"], np.float32)
        audiences = np.array([_audience(each) for each in found["metadatas"] or []], np.int64)
        order = np.argsort(audiences, kind="stable")
        starts = np.flatnonzero(np.diff(audiences[order], prepend=-1))
        groups = np.split(order, starts[1:])
        return {
            int(audiences[places[0]]): Block(keys[places], vectors[places])
            for places in groups
            if int(audiences[places[0]]) not in self._own
        }


def _audience(said: Mapping[str, Any] | None) -> int:
    return int((said or {}).get("audience", 0))


def _asked(collection: chromadb.Collection, vector: Vectors, most: int) -> list[Near]:
    found = collection.query(query_embeddings=vector.reshape(1, -1), n_results=most, include=["distances"])
    distances = found["distances"] or [[]]
    return [(int(key), 1.0 - float(distance)) for key, distance in zip(found["ids"][0], distances[0], strict=True)]


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


def _without(block: Block, keys: Collection[int]) -> Block:
    kept = ~np.isin(block.keys, np.array(list(keys), np.int64))
    return Block(block.keys[kept], block.vectors[kept])


def _batches(keys: Sequence[int]) -> Iterable[Sequence[int]]:
    return (keys[start : start + _BATCH] for start in range(0, len(keys), _BATCH))
