"""The index of this process: opened once, kept in line with the sources beside the calls."""

import logging
import sqlite3
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cache

from platform_core import Unavailable, WiringError
from servers.knowledge.encoder.chosen import encoder, reranker
from servers.knowledge.encoder.port import Encoder, Reranker
from servers.knowledge.gaps.tickets import Tickets
from servers.knowledge.index.index import Index
from servers.knowledge.index.vectors import KnownVectors
from servers.knowledge.settings import KnowledgeSettings
from servers.knowledge.sync.progress import Board, Progress, Tell
from servers.knowledge.sync.request import Alone, Request
from servers.knowledge.sync.syncing import Sync

LOOK_SECONDS = 0.5
"""How often the keeper looks whether `sync` asks."""
FIRST_PAUSE = 5.0
"""Seconds until a source that was down is asked again; each time twice as long, up to the usual time."""
MENDABLE = (WiringError, Unavailable, OSError, sqlite3.Error, ValueError)
"""What ends one sync and not the server: a broken file of sources, a full disk; tantivy says ValueError for both."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What all calls of this process have in common; nothing of it belongs to a person."""

    settings: KnowledgeSettings
    index: Index
    encoder: Encoder
    vectors: KnownVectors
    tickets: Tickets
    board: Board
    reranker: Reranker | None = None

    @property
    def complete(self) -> bool:
        """Whether the sources were all read once."""
        return bool(self.board.now.finished)

    def sync(self, tell: Tell | None = None, *, asked: int = 0) -> bool:
        """One pass over the sources, which `asked` asked for; whether all of them could be listed.

        Raises `WiringError` where it ended early; the index answers as after its last step.
        """
        from servers.knowledge.sources.configured import of  # what reads documents is loaded beside the first answers

        self.board.tell = tell
        try:
            whole = Sync(index=self.index, vectors=self.vectors, board=self.board).run(of(self.settings))
            self.board.change(asked=asked or self.board.now.asked)
        except MENDABLE as error:
            said = f"the sync ended early, and the index answers as before: {error}"
            with suppress(OSError):  # a disk that is full has no room for this either
                self.board.change(running=False, problems=(said,), asked=asked or self.board.now.asked)
            raise WiringError(said) from error
        return whole


def opened(settings: KnowledgeSettings, model: Encoder | None = None) -> Kept:
    """The index of these settings. Raises `WiringError`."""
    folder, model = settings.state_folder, model or encoder(settings)
    return Kept(
        settings=settings,
        index=Index(folder, model.model, chroma=settings.chroma),
        encoder=model,
        vectors=KnownVectors(model, settings.cache_folder),
        tickets=Tickets(folder / "gaps.db"),
        board=Board(folder / "progress.json"),
        reranker=reranker(settings),
    )


class Keeper:
    """Opens the index once, and syncs it in a thread."""

    def __init__(self, settings: KnowledgeSettings) -> None:
        self._settings, self._lock = settings, threading.Lock()
        self._kept: Kept | None = None

    def kept(self) -> Kept:
        """What there is; who asks first opens it."""
        with self._lock:
            if self._kept is None:
                self._kept = opened(self._settings)
            return self._kept

    def begin(self) -> None:
        """Open the index, and keep it in line with its sources until the process ends.

        Raises `WiringError` where it can't: nothing is served, and health says nothing, before there is an index.
        """
        alone = Alone(self._settings.state_folder)
        self.kept()
        threading.Thread(target=self._keep, args=(alone,), name="knowledge-sync", daemon=True).start()

    def _keep(self, alone: Alone) -> None:
        request = Request(self._settings.state_folder)
        every = pause = self._settings.sync_seconds
        while True:
            whole = self._sync(request.take())
            pause = every if whole else min(every, max(FIRST_PAUSE, 2 * pause if pause < every else 0))
            self._wait(request, pause)

    def _sync(self, asked: int) -> bool:
        """Whether every source was read."""
        try:
            return self.kept().sync(_logged, asked=asked)
        except WiringError as error:
            log.error("%s", error)
            return False

    def _wait(self, request: Request, every: float) -> None:
        due = time.monotonic() + every
        while not request.waiting() and not (every and time.monotonic() > due):
            time.sleep(LOOK_SECONDS)


def _logged(now: Progress) -> None:
    if now.of:
        log.info("%s", now)


@cache
def keeper() -> Keeper:
    return Keeper(KnowledgeSettings.load())


def kept() -> Kept:
    """What the calls of this process share."""
    return keeper().kept()
