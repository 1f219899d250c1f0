"""Any encoder and any cross-encoder of sentence-transformers, on torch: the extra `torch`. Nothing is fetched."""

import hashlib
import os
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from platform_core import WiringError
from servers.knowledge.encoder import weights
from servers.knowledge.encoder.port import Model, Vectors


class TorchEncoder:
    """A model's folder, as sentence-transformers reads it."""

    def __init__(self, folder: str, *, threads: int) -> None:
        self._model = _library(threads).SentenceTransformer(folder or str(weights.folder()))
        dimension = int(self._model.get_embedding_dimension() or 0)
        if folder:
            self.model = Model(name=Path(folder).name, revision=_revision(Path(folder)), dimension=dimension)
        else:
            self.model = Model(name=weights.NAME, revision=weights.revision(), dimension=dimension)

    def encode(self, texts: Sequence[str]) -> Vectors:
        vectors = self._model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, np.float32)


class TorchReranker:
    """A cross-encoder's folder, as sentence-transformers reads it. Raises `WiringError` where it is another one."""

    def __init__(self, folder: Path, revision: str, *, threads: int) -> None:
        if (found := _revision(folder)) != revision:
            raise WiringError(
                f"the reranker in {folder} is of revision {found}: if that is the one that you mean, write it into "
                "SEEDBED_KNOWLEDGE_RERANKER_REVISION"
            )
        self._model = _library(threads).CrossEncoder(str(folder))

    def scores(self, question: str, texts: Sequence[str]) -> Sequence[float]:
        pairs = [(question, text) for text in texts]
        return [float(score) for score in self._model.predict(pairs, show_progress_bar=False)]


def _library(threads: int) -> Any:
    os.environ["HF_HUB_OFFLINE"] = "1"
    try:
        torch: Any = import_module("torch")  # an extra: there may be none
        library: Any = import_module("sentence_transformers")
    except ImportError as error:
        raise WiringError(f"models on torch need seedbed-server-knowledge[torch] to be installed: {error}") from None
    torch.set_num_threads(threads)
    return library


def _revision(folder: Path) -> str:
    """Names exactly what lies in the folder; of one that is not there, nothing."""
    seen = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in (".safetensors", ".bin", ".json", ".txt", ".model"):
            with path.open("rb") as file:
                seen.update(path.name.encode() + hashlib.file_digest(file, "sha256").digest())
    return seen.hexdigest()[:16]
