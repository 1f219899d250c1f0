"""A question answered with passages: by meaning and by words, both over what the person may read alone."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice

from platform_core import Invalid
from servers.knowledge import flags
from servers.knowledge.answers import Coverage, Found, Passage, started
from servers.knowledge.index.catalogue import Passage as Kept
from servers.knowledge.index.fusion import Scored, by_ranks, by_scores
from servers.knowledge.references import passage_ref
from servers.knowledge.session import Session

POOL = 50
"""Passages of each ranking that are fused."""
DEEPEST = 3_200
"""Where a filter leaves too few, the rankings are asked for more, up to this."""
AT_ONCE = 16
"""Passages that are looked up together."""
RERANKED = 20
"""Passages that a reranker judges: always the first of what was fused, so that pages continue each other."""
LAST = 200
"""Passages that can be paged through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked for, as it was written."""

    query: str
    sources: tuple[str, ...] = ()
    updated_after: str = ""
    limit: int = 6
    cursor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """Passages that the person may read, best first, and the greatest cosine among them."""

    passages: Sequence[Kept]
    best: float


async def search(knowledge: Session, asked: Asked) -> Found:
    """The passages for a question."""
    wanted, since, start = (
        _sources(knowledge, asked.sources),
        _day(asked.updated_after),
        started(asked.cursor or "0", LAST),
    )
    if not asked.query.strip():
        raise Invalid("There is no question: write in `query` what you want to know.")
    return await knowledge.in_thread(lambda: found(knowledge, asked, wanted, since, start))


def ranked(knowledge: Session, query: str, need: int, sources: Collection[str] = (), since: str = "") -> Ranked:
    """At least `need` passages, where there are so many."""
    vector = knowledge.encoder.encode([query])[0]
    need = need if knowledge.kept.reranker is None else max(need, RERANKED)
    pool, index, reach = max(POOL, need), knowledge.index, knowledge.reach
    while True:
        near = index.by_meaning(vector, reach, pool)
        words = index.by_words(query, reach, pool)
        looked = _Looked(knowledge, sources, since)
        kept = list(islice(looked.up(_fused(knowledge, near, words)), need))
        exhausted = len(near) < pool and len(words) < pool
        if len(kept) >= need or exhausted or pool >= DEEPEST:
            cosines = dict(near)
            nearest = next(looked.up(list(cosines)), None)
            return Ranked(passages=_reranked(knowledge, query, kept), best=cosines[nearest.key] if nearest else 0.0)
        pool *= 4


def _fused(knowledge: Session, near: Scored, words: Scored) -> list[int]:
    settings = knowledge.settings
    if settings.fusion == "ranks":
        return by_ranks(near, words, settings.rrf_k)
    return by_scores(near, words, settings.meaning)


def _reranked(knowledge: Session, query: str, passages: Sequence[Kept]) -> Sequence[Kept]:
    """The first of them in the order that a reranker gives, where there is one."""
    if (reranker := knowledge.kept.reranker) is None or not passages:
        return passages
    first = passages[:RERANKED]
    scores = reranker.scores(query, [each.embedded for each in first])
    order = sorted(range(len(first)), key=lambda place: -scores[place])
    return [*(first[place] for place in order), *passages[RERANKED:]]


class _Looked:
    """Passages that were looked up, some at a time: of a ranking only the first are shown."""

    def __init__(self, knowledge: Session, sources: Collection[str], since: str) -> None:
        self._knowledge, self._sources, self._since = knowledge, sources, since
        self._found: dict[int, Kept | None] = {}

    def up(self, keys: Sequence[int]) -> Iterator[Kept]:
        """Those of `keys` that the person may read and that were asked for, in their order."""
        for start in range(0, len(keys), AT_ONCE):
            some = keys[start : start + AT_ONCE]
            if missing := [key for key in some if key not in self._found]:
                fresh = self._knowledge.index.passages(missing, self._knowledge.reach)
                self._found.update({key: fresh.get(key) for key in missing})
            for key in some:
                passage = self._found[key]
                if passage is not None and _fits(passage, self._sources, self._since):
                    yield passage


def found(knowledge: Session, asked: Asked, sources: Collection[str] = (), since: str = "", start: int = 0) -> Found:
    """The answer to a question that was looked at."""
    result = ranked(knowledge, asked.query, start + asked.limit + 1, sources, since)
    shown = result.passages[start : start + asked.limit]
    told = flags.of(knowledge, shown)
    end = start + len(shown)
    searched = {
        name: number for name, number in sorted(knowledge.reach.documents.items()) if not sources or name in sources
    }
    return Found(
        note=_note(len(shown), knowledge),
        coverage=coverage(knowledge, result.best),
        searched=searched,
        passages=[_told(each, told[each.key]) for each in shown],
        next_cursor=str(end) if len(result.passages) > end and end < LAST else None,
    )


def coverage(knowledge: Session, best: float) -> Coverage:
    """Scores can say that nothing is about the question, and nothing better than that."""
    threshold = knowledge.settings.off_topic_below
    return Coverage(verdict="off_topic" if best < threshold else "unverified", best=round(best, 2), threshold=threshold)


def _note(shown: int, knowledge: Session) -> str:
    reading = "" if knowledge.kept.complete else " The sources are still being read for the first time; ask again soon."
    return f"{shown} passages.{reading}" if shown else f"Nothing was found among what you may read.{reading}"


def _told(passage: Kept, told: flags.Told) -> Passage:
    document = passage.document
    return Passage(
        id=passage_ref(passage),
        title=document.title,
        headings=list(passage.headings),
        url=document.url,
        source=document.source,
        owner=document.owner,
        updated=document.updated,
        flags=list(told.flags),
        why=list(told.why),
        why_visible=told.why_visible,
        text=passage.text,  # type: ignore[arg-type]  # its type fences it
    )


def _fits(passage: Kept, sources: Collection[str], since: str) -> bool:
    document = passage.document
    return (not sources or document.source in sources) and (not since or document.updated > since)


def _sources(knowledge: Session, names: Sequence[str]) -> frozenset[str]:
    known = sorted(knowledge.reach.documents)
    if unknown := [name for name in names if name not in knowledge.reach.documents]:
        missing = ", ".join(map(repr, unknown))
        raise Invalid(f"There is no source {missing}. Those that you may search: {', '.join(known) or 'none'}.")
    return frozenset(names)


def _day(text: str) -> str:
    if not text.strip():
        return ""
    try:
        return date.fromisoformat(text.strip()[:10]).isoformat()
    except ValueError:
        raise Invalid(f"`updated_after` is an ISO date like 2026-07-01, and {text!r} is none.") from None
