"""all-MiniLM-L6-v2 on onnxruntime; its graph is built at the first start, into the cache folder."""

import os
import tempfile
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from servers.knowledge.encoder.port import Model, Vectors
from servers.knowledge.encoder.weights import DIMENSION, NAME, TOKENS, folder, revision

BATCH = 16
"""Texts that are encoded together: those of like length, so that little padding is computed."""


class OnnxEncoder:
    """The encoder of the base: no torch, four milliseconds for a question."""

    def __init__(self, cache: Path, *, threads: int) -> None:
        self.model = Model(name=NAME, revision=revision(), dimension=DIMENSION)
        self._tokenizer: Any = Tokenizer.from_file(str(folder() / "tokenizer.json"))
        self._tokenizer.enable_truncation(TOKENS)
        self._tokenizer.enable_padding()
        self._session = _session(graph_in(cache), threads)

    def encode(self, texts: Sequence[str]) -> Vectors:
        vectors = np.empty((len(texts), DIMENSION), np.float32)
        by_length = sorted(range(len(texts)), key=lambda place: -len(texts[place]))
        for start in range(0, len(by_length), BATCH):
            places = by_length[start : start + BATCH]
            vectors[places] = self._batch([texts[place] for place in places])
        return vectors

    def _batch(self, texts: Sequence[str]) -> Vectors:
        split = self._tokenizer.encode_batch(list(texts))
        fed = {
            "input_ids": np.array([each.ids for each in split], np.int64),
            "attention_mask": np.array([each.attention_mask for each in split], np.int64),
        }
        return np.asarray(self._session.run(None, fed)[0], np.float32)


def graph_in(cache: Path) -> Path:
    """The graph's file. It is written beside its place and moved there whole: who comes second finds it or makes it."""
    path = cache / f"{NAME}-{revision()}.onnx"
    if path.exists():
        return path
    from servers.knowledge.encoder.graph import write  # `onnx` is needed this once

    cache.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, beside = tempfile.mkstemp(dir=cache, prefix=f".{path.name}-")
    os.close(handle)
    try:
        write(Path(beside))
        os.replace(beside, path)
    finally:
        Path(beside).unlink(missing_ok=True)
    return path


def _session(graph: Path, threads: int) -> Any:
    runtime: Any = import_module("onnxruntime")  # compiled, without types
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    # Threads that spin between two questions take the core from everybody else on the machine.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return runtime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
