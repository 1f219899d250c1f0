"""Knowledge as one call sees it: the index of all, and what this person may read of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, TypeVar

import anyio
from anyio.to_thread import run_sync

from platform_core import NotFound, Resolve, the_call
from servers.knowledge.encoder.port import Encoder
from servers.knowledge.gaps.tickets import Tickets
from servers.knowledge.index import catalogue
from servers.knowledge.index.audience import keys_of
from servers.knowledge.index.catalogue import Passage
from servers.knowledge.index.index import Index
from servers.knowledge.index.reach import Reach
from servers.knowledge.index.vectors import KnownVectors
from servers.knowledge.keeping import Kept, kept
from servers.knowledge.references import parsed
from servers.knowledge.settings import KnowledgeSettings

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What the tools ask. `reach` is made for this call, out of the groups that the person has now."""

    kept: Kept
    keys: frozenset[str]
    reach: Reach

    @property
    def settings(self) -> KnowledgeSettings:
        return self.kept.settings

    @property
    def index(self) -> Index:
        return self.kept.index

    @property
    def encoder(self) -> Encoder:
        return self.kept.encoder

    @property
    def vectors(self) -> KnownVectors:
        return self.kept.vectors

    @property
    def tickets(self) -> Tickets:
        return self.kept.tickets

    def document(self, id: str) -> list[Passage]:
        """The passages of a document. What the person may not read is answered exactly as what does not exist."""
        with self.index.catalogue.reading() as db:
            found = catalogue.of_document(db, parsed(id).document, self.index.held().audiences)
        if readable := [passage for passage in found if passage.audience_id in self.reach.passages]:
            return readable
        raise NotFound(f"There is no document {id} that you may read; `search` gives ids of those that there are.")

    async def in_thread(self, work: Callable[[], T]) -> T:
        """Do some milliseconds of work beside the event loop."""
        return await run_sync(work)


async def connect() -> Session:
    """The session of the person who calls."""
    person = the_call().principal
    opened = await anyio.to_thread.run_sync(kept)
    keys = keys_of(person)
    return Session(kept=opened, keys=keys, reach=await run_sync(lambda: opened.index.held().reach(keys)))


Knowledge = Annotated[Session, Resolve(connect)]
