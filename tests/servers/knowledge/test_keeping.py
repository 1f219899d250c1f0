"""One process keeps an index, and others ask it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from platform_core import WiringError
from servers.knowledge.commands import run
from servers.knowledge.sync.progress import Board, Progress
from servers.knowledge.sync.request import Alone, Request
from tests.servers.knowledge.shelf import Shelf


def test_two_processes_do_not_keep_one_index(tmp_path: Path) -> None:
    first = Alone(tmp_path)
    with pytest.raises(WiringError, match=r"another process keeps the index in .*SEEDBED_KNOWLEDGE_STATE"):
        Alone(tmp_path)
    first.release()
    Alone(tmp_path).release()


def test_a_killed_process_gives_the_right_back(tmp_path: Path) -> None:
    code = (
        f"from pathlib import Path; from servers.knowledge.sync.request import Alone; Alone(Path({str(tmp_path)!r})); "
    )
    subprocess.run(
        [sys.executable, "-c", code + "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"], check=False
    )
    Alone(tmp_path).release()


def test_a_request_is_taken_once(tmp_path: Path) -> None:
    request = Request(tmp_path)
    assert (request.waiting(), request.take()) == (False, 0)
    request.ask(7)
    assert (request.waiting(), request.take(), request.waiting()) == (True, 7, False)


def test_progress_is_seen_by_others_and_a_broken_file_is_none(tmp_path: Path) -> None:
    board = Board(tmp_path / "progress.json")
    board.change(running=True, source="handbook", done=3, of=9)
    assert str(Board(tmp_path / "progress.json").now) == "reading handbook, 3 of 9 changed documents"
    (tmp_path / "progress.json").write_text(json.dumps({"other": 1}))
    assert board.read() == Progress()


def test_status_says_what_there_is_and_what_could_not_be_read(shelf: Shelf, capsys: pytest.CaptureFixture[str]) -> None:
    shelf.source("handbook")
    shelf.page("handbook/good.md", "Words.", groups=["everyone"])
    shelf.page("handbook/bad.md", "---\ngroups: everyone\n---\nWords.")
    shelf.sync()
    shelf.patched.setenv("SEEDBED_KNOWLEDGE_STATE", str(shelf.settings.state_folder))
    with pytest.raises(SystemExit, match="1"):
        run(["status"])
    said = capsys.readouterr().out
    assert "handbook                  1 documents       1 passages   read 2" in said
    assert "  handbook/bad.md: its head can't be used: groups: Input should be a valid tuple" in said


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        ("sources: [{name: a, title: A, owner: o, kind: ftp}]", "does not match any of the expected tags"),
        ("sources: [{name: 'A B', title: A, owner: o, kind: folder, path: x}]", "should match pattern"),
        ("sources: {", "the sources can't be read from"),
        (
            "sources: [&one {name: a, title: A, owner: o, kind: folder, path: x}, {<<: *one, kind: dags}]",
            "has two sources called a",
        ),
    ],
)
def test_a_file_of_sources_that_is_wrong_says_where(shelf: Shelf, listed: str, said: str) -> None:
    (shelf.folder / "sources.yaml").write_text(listed)
    with pytest.raises(WiringError, match=said):
        shelf.sync()
