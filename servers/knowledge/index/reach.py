"""What one person may read of the index, counted."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from servers.knowledge.index.audience import Audience


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """The audiences that a person belongs to, and how much there is for them. What is not in here does not exist."""

    passages: Mapping[int, int]
    """Audience to its passages."""
    documents: Mapping[str, int]
    """Source to the documents of these audiences."""


@dataclass(frozen=True, slots=True)
class Held:
    """What there is in all, at one moment: made once for each state of the index."""

    audiences: Mapping[int, Audience]
    by_group: Mapping[str, frozenset[int]]
    counts: Mapping[int, Mapping[str, tuple[int, int]]]
    """Audience and source to documents and passages."""

    @classmethod
    def of(cls, audiences: Mapping[int, Audience], rows: Iterable[tuple[int, str, int, int]]) -> "Held":
        """`rows`: audience, source, documents, passages."""
        counts: dict[int, dict[str, tuple[int, int]]] = {}
        for audience, source, documents, passages in rows:
            counts.setdefault(audience, {})[source] = (documents, passages)
        by_group: dict[str, set[int]] = {}
        for audience in counts:
            for group in audiences[audience]:
                by_group.setdefault(group, set()).add(audience)
        return cls(audiences, {group: frozenset(found) for group, found in by_group.items()}, counts)

    def reach(self, keys: Iterable[str]) -> Reach:
        """Of somebody who holds `keys`."""
        mine = {audience for key in keys for audience in self.by_group.get(key, ())}
        documents: dict[str, int] = {}
        passages: dict[int, int] = {}
        for audience in sorted(mine):
            for source, (of_documents, of_passages) in self.counts[audience].items():
                documents[source] = documents.get(source, 0) + of_documents
                passages[audience] = passages.get(audience, 0) + of_passages
        return Reach(passages=passages, documents=documents)
