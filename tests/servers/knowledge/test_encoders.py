"""The two engines of the encoder: one graph made of the packaged weights, and torch as its reference."""

import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from platform_core import WiringError
from servers.knowledge.encoder.by_onnx import OnnxEncoder, graph_in
from servers.knowledge.encoder.chosen import encoder
from servers.knowledge.encoder.port import Vectors
from servers.knowledge.index.chunks import chunks
from servers.knowledge.index.vectors import KnownVectors
from servers.knowledge.settings import KnowledgeSettings
from servers.knowledge.sources.configured import sources
from tests.servers.knowledge.shelf import Words

TORCH = find_spec("torch") is not None and find_spec("sentence_transformers") is not None


@pytest.fixture(scope="module")
def onnx() -> OnnxEncoder:
    """The encoder of the base, on the graph in this account's cache folder."""
    return OnnxEncoder(KnowledgeSettings().cache_folder, threads=1)


def test_like_meanings_are_near_whatever_the_words(onnx: OnnxEncoder) -> None:
    vectors = onnx.encode(["The job ran out of memory.", "The executor's heap was too small.", "Lunch is at noon."])
    near, far = vectors[0] @ vectors[1], vectors[0] @ vectors[2]
    assert near > far + 0.2
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)


def test_a_vector_is_the_same_whatever_is_encoded_beside_it(onnx: OnnxEncoder) -> None:
    alone = onnx.encode(["A short text."])
    beside = onnx.encode(["A long text. " * 60, "A short text.", ""])
    assert np.allclose(alone[0], beside[1], atol=1e-5)


def test_the_graph_is_built_once(onnx: OnnxEncoder) -> None:
    cache = KnowledgeSettings().cache_folder
    made = graph_in(cache).stat().st_mtime_ns
    assert graph_in(cache).stat().st_mtime_ns == made
    assert not list(cache.glob(".*.onnx-*"))


def test_what_was_encoded_once_is_not_encoded_again(tmp_path: Path) -> None:
    class Counting(Words):
        seen = 0

        def encode(self, texts: Sequence[str]) -> Vectors:
            self.seen += len(texts)
            return super().encode(texts)

    counting = Counting()
    first = KnownVectors(counting, tmp_path).of(["one", "two", "one"])
    again = KnownVectors(counting, tmp_path).of(["two", "one", "three"])
    assert np.array_equal(first[[1, 0]], again[:2])
    assert counting.seen == 4
    assert (tmp_path / "vectors-words-1.db").stat().st_mode & 0o077 == 0


def test_a_cache_that_is_broken_is_begun_again(tmp_path: Path) -> None:
    (tmp_path / "vectors-words-1.db").write_bytes(b"no database at all" * 100)
    assert KnownVectors(Words(), tmp_path).of(["one"]).shape == (1, 64)


def test_torch_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)  # as where it is not installed
    with pytest.raises(WiringError, match=r"need seedbed-server-knowledge\[torch\] to be installed"):
        encoder(KnowledgeSettings.load(encoder="torch"))


@pytest.mark.skipif(not TORCH, reason="no torch here: the extra `torch` of seedbed-server-knowledge brings it")
def test_both_engines_give_the_same_vectors_and_the_same_order(onnx: OnnxEncoder) -> None:
    torch = encoder(KnowledgeSettings.load(encoder="torch"))
    assert torch.model == onnx.model
    folders = [each for each in sources(KnowledgeSettings().sources) if each.name != "root-causes"]
    pages = [place.read() for source in folders for place in source.places()]
    texts = [chunk.embedded(page.title) for page in pages for chunk in chunks(page.title, page.text)]
    ours, theirs = onnx.encode(texts), torch.encode(texts)
    assert float((ours * theirs).sum(axis=1).min()) >= 0.9999
    for query in texts[::25]:
        best = [
            np.argsort(-(vectors @ each.encode([query])[0]))[:10] for vectors, each in ((ours, onnx), (theirs, torch))
        ]
        assert best[0].tolist() == best[1].tolist()
