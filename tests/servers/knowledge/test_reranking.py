"""A reranker puts the best passages in its order, and sees nothing that the person may not read."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from platform_core import WiringError
from servers.knowledge.encoder import weights
from servers.knowledge.encoder.chosen import reranker
from servers.knowledge.settings import KnowledgeSettings
from tests.servers.knowledge.shelf import Shelf, somebody

TORCH = find_spec("torch") is not None and find_spec("sentence_transformers") is not None


@dataclass
class ByNumber:
    """Judges a passage by the number in it: the greatest answers best."""

    seen: list[str] = field(default_factory=list[str])

    def scores(self, question: str, texts: Sequence[str]) -> Sequence[float]:
        self.seen += texts
        return [float(text.split()[-1]) for text in texts]


@pytest.fixture
def numbered(shelf: Shelf) -> Shelf:
    shelf.source("handbook")
    for number in range(24):
        shelf.page(f"handbook/{number}.md", f"Leave of days, part {number}", id=f"p{number}", groups=["everyone"])
    shelf.page("handbook/vault.md", "Leave of days, part 99", id="vault", groups=["platform"])
    shelf.sync()
    return shelf


async def numbers(shelf: Shelf, limit: int, cursor: str = "") -> list[int]:
    told = await shelf.told(somebody(), "search", query="leave of days", limit=limit, cursor=cursor)
    return [int(each["text"].strip("⟦⟧").split()[-1]) for each in told["passages"]]


async def test_the_best_passages_come_in_the_order_of_the_reranker(numbered: Shelf) -> None:
    fused = await numbers(numbered, 20)
    judge = ByNumber()
    numbered.use(replace(numbered.kept, reranker=judge))
    assert await numbers(numbered, 20) == sorted(fused, reverse=True)
    assert [*await numbers(numbered, 3), *await numbers(numbered, 3, "3")] == sorted(fused, reverse=True)[:6]
    assert "99" not in str(judge.seen)


async def test_without_one_nothing_is_judged(numbered: Shelf) -> None:
    assert numbered.kept.reranker is None
    assert reranker(KnowledgeSettings.load()) is None


def test_another_model_than_the_one_that_was_meant_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(WiringError, match=r"is of revision [0-9a-f]{16}: .* SEEDBED_KNOWLEDGE_RERANKER_REVISION"):
        reranker(KnowledgeSettings.load(reranker=tmp_path))


@pytest.mark.skipif(not TORCH, reason="no torch here: the extra `torch` of seedbed-server-knowledge brings it")
def test_a_cross_encoder_on_torch_judges(tmp_path: Path) -> None:
    library: Any = import_module("sentence_transformers")
    made = library.CrossEncoder(str(weights.folder()), num_labels=1)  # untrained: that it judges is what counts
    made.save_pretrained(str(tmp_path))
    with pytest.raises(WiringError) as refused:
        reranker(KnowledgeSettings.load(reranker=tmp_path))
    revision = str(refused.value).partition("revision ")[2][:16]
    judge = reranker(KnowledgeSettings.load(reranker=tmp_path, reranker_revision=revision))
    assert judge is not None
    scores = judge.scores("How much leave?", ["Thirty days of leave.", "Desks are booked."])
    assert len(set(scores)) == 2
