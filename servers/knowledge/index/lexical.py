"""Passages by their words: BM25 in tantivy, over what the person may read and nothing else."""

import math
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from tantivy import (
    Document,
    Filter,
    Index,
    Occur,
    Query,
    Schema,
    SchemaBuilder,
    Searcher,
    TextAnalyzerBuilder,
    Tokenizer,
)

WORDS = 48
"""Different words of a question that are looked for."""
_HEAP = 50_000_000


def _schema() -> Schema:
    builder = SchemaBuilder()
    builder.add_text_field("text", tokenizer_name="words", index_option="freq")
    builder.add_unsigned_field("audience", indexed=True, fast=True)
    builder.add_unsigned_field("passage", indexed=True, fast=True)
    return builder.build()


class Lexical:
    """The index of words. Several may read it; who writes holds the lock of the folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._schema = _schema()
        self._words = (
            TextAnalyzerBuilder(Tokenizer.simple())
            .filter(Filter.remove_long(60))
            .filter(Filter.lowercase())
            .filter(Filter.ascii_fold())
            .filter(Filter.stemmer("english"))
            .build()
        )
        self._index = Index(self._schema, path=str(folder))
        self._index.register_tokenizer("words", self._words)
        self._by_audience = lru_cache(4_096)(self._counted)

    def change(self, added: Iterable[tuple[int, int, str]], removed: Iterable[int]) -> None:
        """Take in (passage, audience, text), drop passages; durable when this returns."""
        writer = self._index.writer(heap_size=_HEAP, num_threads=1)
        if gone := list(removed):  # by a query: deletion by a term takes every number for a signed one, and finds none
            writer.delete_documents_by_query(Query.term_set_query(self._schema, "passage", gone))
        for key, audience, text in added:
            document = Document()
            document.add_unsigned("passage", key)
            document.add_unsigned("audience", audience)
            document.add_text("text", text)
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()
        self.refresh()

    def refresh(self) -> None:
        """See what was committed last."""
        self._index.reload()
        self._by_audience.cache_clear()

    def nearest(self, question: str, visible: Mapping[int, int], most: int) -> list[tuple[int, float]]:
        """The passages that fit `question` best, scored; `visible` is how many passages each readable audience has."""
        words = list(dict.fromkeys(self._words.analyze(question)))[:WORDS]
        if not words or not visible:
            return []
        searcher = self._index.searcher()
        boosts = self._boosts(searcher, words, visible)
        wanted = [(Occur.Should, Query.boost_query(self._has(word), boosts[word])) for word in words if word in boosts]
        if not wanted:
            return []
        readable = Query.const_score_query(self._readable(visible), 0.0)
        query = Query.boolean_query([(Occur.Must, Query.boolean_query(wanted)), (Occur.Must, readable)])
        hits = searcher.search(query, limit=most, count=False).hits
        keys = searcher.fast_field_values("passage", [address for _, address in hits])
        found = [(-float(score), int(key or 0)) for (score, _), key in zip(hits, keys, strict=True)]
        # What is equal stands in an order that hidden passages do not change.
        return [(key, -lost) for lost, key in sorted(found)]

    def _boosts(self, searcher: Searcher, words: Collection[str], visible: Mapping[int, int]) -> dict[str, float]:
        """What makes tantivy's weight of a word, which counts hidden passages too, the one among readable ones.

        Else the order of what one may read would tell how often a word stands in what one may not.
        """
        shown = sum(visible.values())
        boosts: dict[str, float] = {}
        for word in words:
            counts = self._by_audience(word)
            readable = sum(counts.get(audience, 0) for audience in (visible if len(visible) < len(counts) else counts)
                           if audience in visible)  # fmt: skip
            if readable:
                boosts[word] = _rarity(readable, shown) / _rarity(searcher.doc_freq("text", word), searcher.num_docs)
        return boosts

    def _counted(self, word: str) -> dict[int, int]:
        """In how many passages of each audience the word stands."""
        asked = {"by": {"terms": {"field": "audience", "size": 65_000}}}
        searcher: Any = self._index.searcher()  # typed as a dict of nobody knows what
        return {
            int(each["key"]): each["doc_count"] for each in searcher.aggregate(self._has(word), asked)["by"]["buckets"]
        }

    def _has(self, word: str) -> Query:
        return Query.term_query(self._schema, "text", word, index_option="freq")

    def _readable(self, visible: Iterable[int]) -> Query:
        return Query.term_set_query(self._schema, "audience", list(visible))


def _rarity(having: int, of: int) -> float:
    return math.log(1 + (max(of - having, 0) + 0.5) / (having + 0.5))
