"""The index of this process: opened once, kept in line with the sources beside the calls."""

import logging
import sqlite3
import threading
import time
from dataclasses import dataclass
from functools import cache

from chromadb.errors import ChromaError

from platform_core import WiringError
from servers.knowledge.encoder.chosen import encoder
from servers.knowledge.encoder.port import Encoder
from servers.knowledge.gaps.tickets import Tickets
from servers.knowledge.index.index import Index
from servers.knowledge.index.vectors import KnownVectors
from servers.knowledge.settings import KnowledgeSettings
from servers.knowledge.sources.configured import sources
from servers.knowledge.sources.mesh import Mesh
from servers.knowledge.sync.progress import Board, Tell
from servers.knowledge.sync.request import Alone, Request
from servers.knowledge.sync.syncing import Sync

LOOK_SECONDS = 0.5
"""How often the keeper looks whether `sync` asks."""
FIRST_PAUSE = 5.0
"""Seconds until a source that was down is asked again; each time twice as long, up to the usual time."""
MENDABLE = (WiringError, OSError, sqlite3.Error, ChromaError, ValueError)
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

    @property
    def complete(self) -> bool:
        """Whether the sources were all read once."""
        return bool(self.board.now.finished)

    def sync(self, tell: Tell | None = None) -> bool:
        """One pass over the sources; whether all of them could be listed."""
        self.board.tell = tell
        listed = sources(self.settings.sources, mesh_of(self.settings))
        return Sync(index=self.index, vectors=self.vectors, board=self.board).run(listed)


def mesh_of(settings: KnowledgeSettings) -> Mesh | None:
    """The way to other servers, where the settings name one."""
    if settings.mesh is None or settings.workload_socket is None:
        return None
    return Mesh(
        base=settings.mesh, socket=settings.workload_socket, identity=settings.identity, gateway=settings.gateway
    )


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
    )


class Keeper:
    """Opens the index at the first need, and syncs it in a thread."""

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
        """Keep the index in line with its sources until the process ends. Raises `WiringError` where it can't."""
        alone = Alone(self._settings.state_folder)
        threading.Thread(target=self._keep, args=(alone,), name="knowledge-sync", daemon=True).start()

    def _keep(self, alone: Alone) -> None:
        request = Request(self._settings.state_folder)
        every = pause = self._settings.sync_seconds
        while True:
            word = request.take()
            pause = every if self._sync() else min(every, max(FIRST_PAUSE, 2 * pause if pause < every else 0))
            if word:
                self.kept().board.change(asked=word)
            self._wait(request, pause)

    def _sync(self) -> bool:
        """Whether every source was read."""
        try:
            return self.kept().sync()
        except MENDABLE as error:
            log.error("a sync ended early, and the index answers as before: %s", error)
            return False

    def _wait(self, request: Request, every: float) -> None:
        due = time.monotonic() + every
        while not request.waiting() and not (every and time.monotonic() > due):
            time.sleep(LOOK_SECONDS)


@cache
def keeper() -> Keeper:
    return Keeper(KnowledgeSettings.load())


def kept() -> Kept:
    """What the calls of this process share."""
    return keeper().kept()
