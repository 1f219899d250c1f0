"""A real Chroma server in the place of the one in this process: the same promises, and nothing goes anywhere else."""

import gc
import os
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from chromadb.api.shared_system_client import SharedSystemClient

from platform_core import WiringError
from servers.knowledge.commands import run
from servers.knowledge.index import dense
from servers.knowledge.keeping import opened
from tests.servers.knowledge.reached import Reached
from tests.servers.knowledge.shelf import Shelf, Words, somebody

pytestmark = pytest.mark.real
CHROMA = Path(sys.executable).with_name("chroma")
PATIENCE = 60.0
ALL = {"groups": ["everyone"]}
OURS = {"groups": ["platform"]}


@contextmanager
def chroma(folder: Path, port: int) -> Generator[str]:
    """Run it until it is left; its address."""
    url = f"http://127.0.0.1:{port}"
    with (folder / "chroma.log").open("ab") as log:
        quiet = {"ANONYMIZED_TELEMETRY": "False"}
        running = subprocess.Popen(
            [CHROMA, "run", "--path", folder, "--host", "127.0.0.1", "--port", str(port)],
            stdout=log, stderr=log, env=os.environ | quiet,
        )  # fmt: skip
        with running:
            try:
                _answers(url, running)
                yield url
            finally:
                running.kill()


def _answers(url: str, running: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    with httpx.Client(trust_env=False) as client:
        while True:
            assert running.poll() is None, "chroma ended"
            assert time.monotonic() < deadline, "chroma never answered"
            try:
                client.get(f"{url}/api/v2/heartbeat").raise_for_status()
                return
            except httpx.HTTPError:
                time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@pytest.fixture
def served(shelf: Shelf, tmp_path: Path) -> Generator[str]:
    (tmp_path / "server").mkdir()
    with chroma(tmp_path / "server", free_port()) as url:
        shelf.patched.setenv("SEEDBED_KNOWLEDGE_CHROMA", url)
        shelf.patched.setenv("SEEDBED_KNOWLEDGE_STATE", str(shelf.folder / "state"))
        shelf.patched.setenv("SEEDBED_KNOWLEDGE_SOURCES", str(shelf.folder / "sources.yaml"))
        shelf.source("handbook")
        for number in range(4):
            shelf.page(f"handbook/page{number}.md", f"Everybody's leave, part {number}.", id=f"all{number}", **ALL)
        shelf.page("handbook/vault.md", "The leave of the vault.", id="vault", **OURS)
        yield url


@pytest.fixture(autouse=True)
def closed() -> Generator[None]:
    """Chroma's own client never closes its connections."""
    yield
    SharedSystemClient.clear_system_cache()
    for each in gc.get_objects():
        if type(each) is httpx.Client:
            each.close()


def anew(shelf: Shelf) -> None:
    """The index as another process finds it."""
    SharedSystemClient.clear_system_cache()
    shelf.use(opened(shelf.settings, Words()))


async def found(shelf: Shelf, *groups: str) -> list[str]:
    told = await shelf.told(somebody(*groups), "search", query="leave of the vault", limit=20)
    return sorted(each["id"].removeprefix("kb:passage/handbook/").partition("#")[0] for each in told["passages"])


EVERYBODYS = [f"all{number}" for number in range(4)]


async def test_a_chroma_server_keeps_the_promises_of_the_one_in_this_process(
    shelf: Shelf, served: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dense, "LARGE", 3)  # everybody's pages get a collection of their own
    reached = Reached()
    try:
        anew(shelf)
        shelf.sync()
        for again in (False, True):
            if again:
                anew(shelf)
            assert await found(shelf, "platform") == [*EVERYBODYS, "vault"]
            assert await found(shelf) == EVERYBODYS
            reach = shelf.kept.index.held().reach(["everyone"])
            near = shelf.kept.index.by_meaning(Words().encode(["leave of the vault"])[0], reach, 20)
            assert len(near) == 4
        (shelf.folder / "handbook/page0.md").unlink()
        shelf.page("handbook/vault.md", "The leave of the vault.", id="vault", **ALL)
        shelf.sync()
        assert await found(shelf) == [*EVERYBODYS[1:], "vault"]
    finally:
        reached.close()
    host, port = served.removeprefix("http://").split(":")
    assert reached.addresses == {(host, int(port))}


async def test_two_indexes_on_one_server_do_not_know_each_other_and_one_is_made_anew_alone(
    shelf: Shelf, served: str
) -> None:
    anew(shelf)
    shelf.sync()
    other = opened(shelf.settings.model_copy(update={"state": shelf.folder / "other"}), Words())
    assert other.index.by_meaning(Words().encode(["leave"])[0], shelf.kept.index.held().reach(["everyone"]), 20) == []
    other.sync()
    with pytest.raises(SystemExit, match="0"):
        run(["sync", "--afresh"])  # by the encoder of the base, where there were words
    with pytest.raises(WiringError, match="was made by all-MiniLM"):
        anew(shelf)
    vector, reach = Words().encode(["leave"])[0], other.index.held().reach(["everyone", "platform"])
    assert len(other.index.by_meaning(vector, reach, 20)) == 5


async def test_a_server_that_is_gone_is_named_and_the_next_sync_goes_on_when_it_is_back(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dense, "LARGE", 1)
    port = free_port()
    shelf.patched.setenv("SEEDBED_KNOWLEDGE_CHROMA", f"http://127.0.0.1:{port}")
    shelf.source("handbook")
    shelf.page("handbook/leave.md", "Thirty days of leave.", **ALL)
    with pytest.raises(WiringError, match=f"no Chroma server is at http://127.0.0.1:{port}"):
        anew(shelf)
    with chroma(tmp_path, port):
        anew(shelf)
        shelf.sync()
    shelf.page("handbook/pager.md", "The pager and its leave.", **ALL)
    with pytest.raises(WiringError, match=r"the sync ended early, .* Chroma, which .* does not answer"):
        shelf.sync()
    answer = await shelf.call("bo", "search", query="leave")
    assert (answer.is_error, "unavailable" in str(answer.structured_content)) == (True, True)
    with chroma(tmp_path, port):
        shelf.sync()
        assert await found(shelf) == ["leave", "pager"]
