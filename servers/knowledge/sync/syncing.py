"""One pass over the sources: what changed is read, encoded and published in steps; what went is dropped."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from servers.knowledge.index import catalogue, noted
from servers.knowledge.index.catalogue import Document, Placed
from servers.knowledge.index.chunks import chunks, slug
from servers.knowledge.index.index import Index, Prepared
from servers.knowledge.index.vectors import KnownVectors
from servers.knowledge.sources.page import Page, Place, Source, SourceDown, Unreadable
from servers.knowledge.sync.injection import is_suspect
from servers.knowledge.sync.progress import Board

STEP = 64
"""Passages that are published together: a kill loses no more work than this."""


@dataclass(kw_only=True)
class Sync:
    """Brings the index in line with the sources."""

    index: Index
    vectors: KnownVectors
    board: Board

    def run(self, sources: Iterable[Source]) -> bool:
        """One pass; whether every source could be listed.

        Killed anywhere, the index answers as after its last step, and the next pass goes on from there.
        """
        problems: list[str] = []
        listed = True
        self.board.change(running=True, source="", done=0, of=0)
        self.index.tidy()
        names: list[str] = []
        for source in sources:
            names.append(source.name)
            one = _Pass(self, source)
            problems += one.run()
            listed = listed and not one.down
        self._drop_others(names)
        self.board.change(running=False, finished=_now(), problems=tuple(problems))
        return listed

    def _drop_others(self, names: Sequence[str]) -> None:
        """A source that is no longer configured is gone with all that it had."""
        with self.index.catalogue.reading() as db:
            gone = [name for name in noted.source_names(db) if name not in names]
            ids = [each.id for name in gone for each in catalogue.placed(db, name).values()]
        if gone:
            self.index.add([], ids)
            with self.index.catalogue.step() as db:
                noted.forget_sources(db, gone)


@dataclass
class _Pass:
    """One source of one pass."""

    sync: Sync
    source: Source
    problems: list[str] = field(default_factory=list[str])
    down: bool = False

    def run(self) -> list[str]:
        with self.sync.index.catalogue.reading() as db:
            before = catalogue.placed(db, self.source.name)
        try:
            found = {place.key: place for place in self.source.places()}
        except SourceDown as down:
            self.down = True
            self._remember([f"{self.source.name}: {down}; what was read of it before stays"])
            return self.problems
        changed = [
            place for key, place in found.items() if key not in before or before[key].fingerprint != place.fingerprint
        ]
        gone = {key: placed for key, placed in before.items() if key not in found}
        kept = {placed.id for key, placed in before.items() if key in found}
        self._publish(changed, before, gone, kept)
        self._remember()
        return self.problems

    def _publish(
        self, changed: Sequence[Place], before: Mapping[str, Placed], gone: dict[str, Placed], kept: set[str]
    ) -> None:
        board, done = self.sync.board, 0
        board.change(source=self.source.name, done=0, of=len(changed))
        taken = set(kept)
        for step in _steps(self._documents(changed, before, gone, taken)):
            self.sync.index.add([self._encoded(document, text) for document, text in step])
            done += len(step)
            board.change(done=done)
        dropped = [placed.id for placed in gone.values() if placed.id not in taken]
        dropped += self._unreadable_now
        if dropped:
            self.sync.index.add([], dropped)

    def _documents(
        self, changed: Sequence[Place], before: Mapping[str, Placed], gone: Mapping[str, Placed], taken: set[str]
    ) -> Iterator[tuple[Document, str]]:
        by_hash = {placed.hash: placed.id for placed in gone.values()}
        self._unreadable_now: list[str] = []
        for place in changed:
            was = before.get(place.key)
            try:
                page = place.read()
            except Unreadable as reason:
                self.problems.append(f"{self.source.name}/{place.key}: {reason}")
                # What it said before is no longer what it says: better nothing than a page that its owner took back.
                self._unreadable_now += [was.id] if was else []
                continue
            digest = _hash(page.text)
            name = self._id(page, place, was, by_hash.get(digest))
            if name in taken and (was is None or was.id != name):
                self.problems.append(f"{self.source.name}/{place.key}: another page is called {name} already")
                continue
            taken.add(name)
            yield self._document(page, place, name, digest), page.text

    def _id(self, page: Page, place: Place, was: Placed | None, moved: str | None) -> str:
        if page.name:
            return f"{self.source.name}/{page.name}"
        if was is not None:
            return was.id
        return moved or f"{self.source.name}/{slug(place.key.rpartition('.')[0] or place.key)}"

    def _document(self, page: Page, place: Place, name: str, digest: str) -> Document:
        other = page.supersedes
        return Document(
            id=name,
            source=self.source.name,
            place=place.key,
            fingerprint=place.fingerprint,
            hash=digest,
            audience=page.audience,
            title=page.title,
            url=page.url,
            owner=page.owner or self.source.owner,
            team=page.team,
            updated=page.updated,
            review_by=page.review_by,
            supersedes=other if "/" in other or not other else f"{self.source.name}/{other}",
            suspect=is_suspect(f"{page.title}\n{page.text}"),
        )

    def _encoded(self, document: Document, text: str) -> Prepared:
        pieces = chunks(document.title, text)
        vectors = self.sync.vectors.of([piece.embedded(document.title) for piece in pieces])
        hashes = [_hash(piece.text) for piece in pieces]
        return Prepared(document=document, chunks=pieces, hashes=hashes, vectors=vectors)

    def _remember(self, problems: Sequence[str] = ()) -> None:
        self.problems += problems
        source = self.source
        with self.sync.index.catalogue.step() as db:
            noted.note_source(db, source.name, source.title, source.owner, "" if problems else _now(), self.problems)


def _steps(documents: Iterator[tuple[Document, str]]) -> Iterator[list[tuple[Document, str]]]:
    step: list[tuple[Document, str]] = []
    size = 0
    for document, text in documents:
        step.append((document, text))
        size += 1 + len(text) // 800
        if size >= STEP:
            yield step
            step, size = [], 0
    if step:
        yield step


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
