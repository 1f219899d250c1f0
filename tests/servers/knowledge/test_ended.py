"""`seedbed-server-knowledge sync`, a real process, ended in the middle by a signal or by a disk that is full."""

import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from chromadb.api.shared_system_client import SharedSystemClient

from servers.knowledge.encoder.chosen import encoder
from servers.knowledge.encoder.port import Encoder
from servers.knowledge.keeping import opened
from servers.knowledge.settings import KnowledgeSettings
from servers.knowledge.sync.progress import Board
from tests.servers.knowledge.shelf import Shelf

pytestmark = pytest.mark.real
COMMAND = [sys.executable, "-m", "servers.knowledge"]
PATIENCE = 60.0
PAGES = 200
"""Of one passage each: some steps."""
ALL = {"groups": ["everyone"]}
Answers = dict[str, tuple[str, ...]]
"""What is asked, and what is found: documents with the hash of what they say."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """An index in a folder of its own, over pages that are the same for all."""

    folder: Path
    sources: Path
    model: Encoder

    @property
    def settings(self) -> KnowledgeSettings:
        return KnowledgeSettings.load(sources=self.sources, state=self.folder)

    @contextmanager
    def running(self, *order: str) -> Generator[subprocess.Popen[str]]:
        """The command, as its operator starts it."""
        told = {"SEEDBED_KNOWLEDGE_SOURCES": str(self.sources), "SEEDBED_KNOWLEDGE_STATE": str(self.folder)}
        running = subprocess.Popen(
            [*COMMAND, *order], env=os.environ | told, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        with running:
            try:
                yield running
            finally:
                running.kill()

    def synced(self) -> str:
        with self.running("sync") as running:
            said = running.communicate()[0]
        assert running.returncode == 0, said
        return said

    def copied(self, name: str) -> "Kept":
        folder = self.folder.with_name(name)
        shutil.copytree(self.folder, folder)
        return Kept(folder=folder, sources=self.sources, model=self.model)

    def answers(self) -> Answers:
        """All that is found, by words and by meaning, and what comes first for some pages: as another process finds it.

        What stands for the same stays in no order that is promised, so of most only what they say is compared.
        """
        kept = opened(self.settings, self.model)
        reach = kept.index.held().reach(["everyone"])
        found: Answers = {"counted": (str(dict(reach.documents)), str(sum(reach.passages.values())))}
        for number, most in ((-1, 2 * PAGES), *((number, 1) for number in range(0, PAGES, 20))):
            question = f"leave of team {number}"
            words = kept.index.by_words(question, reach, most)
            meaning = kept.index.by_meaning(kept.vectors.of([question])[0], reach, most)
            for way, hits in (("words", words), ("meaning", meaning)):
                passages = kept.index.passages([key for key, _ in hits], reach)
                told = sorted(f"{each.document.id} {each.hash}" for each in passages.values())
                found[f"{way} {number}"] = tuple(told)
        SharedSystemClient.clear_system_cache()
        return found

    def rows(self, sql: str) -> int:
        """A count out of the catalogue, while another process writes it."""
        with closing(sqlite3.connect(self.folder / "catalogue.db", timeout=30)) as db:
            return db.execute(sql).fetchone()[0]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Generator[Kept]:
    """An index of one page, and two hundred that it has yet to read; their vectors are known."""
    root = tmp_path_factory.mktemp("ended")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("XDG_CACHE_HOME", str(root / "cache"))
        shelf = Shelf(root, patched)
        shelf.source("handbook")
        shelf.page("handbook/leave.md", "Thirty days of leave of team -1.", id="leave", **ALL)
        shelf.page("handbook/old.md", "The leave of team -2 ends.", id="old", **ALL)
        model = encoder(KnowledgeSettings.load())
        first = Kept(folder=root / "first", sources=root / "sources.yaml", model=model)
        first.synced()
        (root / "handbook/old.md").unlink()
        shelf.page("handbook/leave.md", "Forty days of leave of team -1.", id="leave", **ALL)
        for number in range(PAGES):
            shelf.page(f"handbook/team{number}.md", f"The leave of team {number} is asked for.", id=f"t{number}", **ALL)
        yield first


@pytest.fixture(scope="module")
def clean(kept: Kept) -> Answers:
    """What an index answers that was made in one go."""
    whole = Kept(folder=kept.folder.with_name("clean"), sources=kept.sources, model=kept.model)
    whole.synced()
    return whole.answers()


EVENTS: dict[str, Callable[[Kept], bool]] = {
    "before the first step": lambda kept: Board(kept.folder / "progress.json").read().running,
    "within a step": lambda kept: kept.rows("SELECT COUNT(*) FROM documents WHERE state = 0") > 0,
    "after a step": lambda kept: Board(kept.folder / "progress.json").read().done > 0,
    "late": lambda kept: kept.rows("SELECT COUNT(*) FROM documents WHERE state = 1") > 150,
}


def ended(kept: Kept, event: str, end: Callable[[subprocess.Popen[str]], object]) -> str:
    """Start a sync, and end it when `event` is there; what it said."""
    (kept.folder / "progress.json").unlink()
    with kept.running("sync") as running:
        deadline = time.monotonic() + PATIENCE
        while not ((kept.folder / "progress.json").exists() and EVENTS[event](kept)):
            assert running.poll() is None, f"it ended before: {event}"
            assert time.monotonic() < deadline, f"never happened: {event}"
            time.sleep(0.001)
        end(running)
        return running.communicate()[0]


def still_answers(kept: Kept) -> None:
    """Each page says what it said, or what it says now, once."""
    said = kept.answers()
    assert [name for name in said["words -1"] if name.startswith("handbook/leave ")]
    for way, names in said.items():
        assert way == "counted" or len({name.split()[0] for name in names}) == len(names)


@pytest.mark.parametrize("event", EVENTS)
def test_a_sync_that_is_killed_leaves_the_index_and_the_next_one_ends_as_a_clean_one(
    kept: Kept, clean: Answers, event: str
) -> None:
    mine = kept.copied(f"killed {event}")
    ended(mine, event, lambda running: running.send_signal(signal.SIGKILL))
    still_answers(mine)
    mine.synced()
    assert mine.answers() == clean


def test_a_disk_that_is_full_ends_a_sync_with_a_line_and_the_next_one_ends_as_a_clean_one(
    kept: Kept, clean: Answers
) -> None:
    mine = kept.copied("full")
    full = (4_096, resource.RLIM_INFINITY)
    said = ended(mine, "after a step", lambda running: resource.prlimit(running.pid, resource.RLIMIT_FSIZE, full))
    assert said.startswith("knowledge: the sync ended early, and the index answers as before: ")
    assert "Traceback" not in said
    still_answers(mine)
    mine.synced()
    assert mine.answers() == clean


def test_nothing_is_served_before_the_index_is_open(kept: Kept) -> None:
    mine = kept.copied("another")
    (mine.folder / "catalogue.db").write_bytes(b"")
    with closing(sqlite3.connect(mine.folder / "catalogue.db")) as db:
        db.execute("PRAGMA user_version = 99")
    with mine.running() as running:
        said = running.communicate()[0]
    assert "was written by another version of this server: `sync --afresh` makes it anew" in said
    assert running.returncode == 1
