"""Chroma, in this process or as a server: the collections of one index, and nobody else's."""

import secrets
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import chromadb
import httpx
import numpy as np
from chromadb.api import ClientAPI
from chromadb.config import Settings
from chromadb.errors import ChromaError
from numpy.typing import NDArray

from platform_core import Unavailable, WiringError
from servers.knowledge.encoder.port import Model, Vectors

_BATCH = 2_000

Near = tuple[int, float]
"""A passage and its cosine."""


@dataclass(frozen=True, slots=True)
class Block:
    """Passages of one audience."""

    keys: NDArray[np.int64]
    vectors: Vectors


class Collections:
    """The collections of one index, each made by the same model."""

    def __init__(self, client: ClientAPI, name: str, model: Model) -> None:
        self._client, self._name, self._model = client, name, model

    def own(self) -> dict[int, "Collection"]:
        """Those that hold one audience each."""
        return {
            int(number): self.of(number)
            for title in _titles(self._client, self._name)
            if (number := title.removeprefix(f"{self._name}-")).isdecimal()
        }

    def of(self, part: object) -> "Collection":
        """One of them, made where there is none. Raises `WiringError` where another model made it."""
        with answered():
            found = self._client.get_or_create_collection(
                f"{self._name}-{part}",
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
        return Collection(found)


class Collection:
    """Passages with their vectors, each beside the audience that it is for."""

    def __init__(self, kept: chromadb.Collection) -> None:
        self._kept = kept

    def write(self, passages: Mapping[int, Block]) -> None:
        """Take in passages, given by their audience."""
        if not passages:
            return
        keys = np.concatenate([block.keys for block in passages.values()])
        vectors = np.concatenate([block.vectors for block in passages.values()])
        owners = [audience for audience, block in passages.items() for _ in block.keys]
        for start in range(0, len(keys), _BATCH):
            end = start + _BATCH
            with answered():
                self._kept.upsert(
                    ids=[str(key) for key in keys[start:end]],
                    embeddings=vectors[start:end],
                    metadatas=[{"audience": audience} for audience in owners[start:end]],
                )

    def delete(self, keys: Iterable[int]) -> None:
        every = [str(key) for key in keys]
        for start in range(0, len(every), _BATCH):
            with answered():
                self._kept.delete(ids=every[start : start + _BATCH])

    def nearest(self, vector: Vectors, most: int) -> list[Near]:
        with answered():
            found = self._kept.query(query_embeddings=vector.reshape(1, -1), n_results=most, include=["distances"])
        distances = found["distances"] or [[]]
        return [(int(key), 1.0 - float(distance)) for key, distance in zip(found["ids"][0], distances[0], strict=True)]

    def by_audience(self) -> dict[int, Block]:
        """Everything, by audience."""
        with answered():
            found = self._kept.get(include=["embeddings", "metadatas"])
        if not found["ids"]:
            return {}
        keys = np.array([int(key) for key in found["ids"]], np.int64)
        vectors = np.asarray(found["embeddings"], np.float32)
        told = cast("Sequence[Mapping[str, Any]]", found["metadatas"])
        audiences = np.array([int(each["audience"]) for each in told], np.int64)
        order = np.argsort(audiences, kind="stable")
        starts = np.flatnonzero(np.diff(audiences[order], prepend=-1))
        groups = np.split(order, starts[1:])
        return {int(audiences[places[0]]): Block(keys[places], vectors[places]) for places in groups}


@contextmanager
def answered() -> Generator[None]:
    """What Chroma refuses, and a server that is gone, are a part that is down."""
    try:
        yield
    except (ChromaError, httpx.HTTPError) as error:
        raise Unavailable(f"Chroma, which searches by meaning, does not answer: {error}") from error


def client(folder: Path, server: str | None) -> ClientAPI:
    """Chroma in this process, or the server that a setting names; neither phones home."""
    settings = Settings(anonymized_telemetry=False)
    if server is None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return chromadb.PersistentClient(str(folder), settings=settings)
    parts = urlsplit(server)
    tls = parts.scheme == "https"
    try:
        return chromadb.HttpClient(
            parts.hostname or "", parts.port or (443 if tls else 8000), ssl=tls, settings=settings
        )
    except ValueError as error:
        raise WiringError(f"no Chroma server is at {server}: {error}") from None


def name_of(folder: Path, server: str | None) -> str:
    """The name of this index's collections: on a server there are those of others too."""
    if server is None:
        return "knowledge"
    path = folder / "chroma-name"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_text(f"knowledge-{secrets.token_hex(8)}")
    return path.read_text()


def forget(folder: Path, server: str) -> None:
    """Take the collections of this index off the server."""
    chroma, name = client(folder, server), name_of(folder, server)
    for title in _titles(chroma, name):
        with answered():
            chroma.delete_collection(title)


def _titles(chroma: ClientAPI, name: str) -> list[str]:
    with answered():
        return [each.name for each in chroma.list_collections() if each.name.startswith(f"{name}-")]
