"""What a sync does to the index: only what changed is read, what went is dropped, and a kill harms nothing."""

import shutil
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from chromadb.api.shared_system_client import SharedSystemClient

from platform_core import WiringError
from servers.knowledge.index import dense
from servers.knowledge.index.catalogue import Catalogue
from servers.knowledge.index.chroma import Collection
from servers.knowledge.index.lexical import Lexical
from servers.knowledge.keeping import opened
from servers.knowledge.sources import folder
from servers.knowledge.sync import syncing
from tests.servers.knowledge.shelf import Shelf, Words

ALL = {"groups": ["everyone"]}


@pytest.fixture
def books(shelf: Shelf) -> Shelf:
    shelf.source("handbook")
    shelf.page("handbook/travel.md", "Flights over six hours.", **ALL)
    shelf.page("handbook/leave.md", "Thirty days of leave.", **ALL)
    shelf.sync()
    return shelf


async def found(shelf: Shelf, query: str) -> list[str]:
    """Documents, best first."""
    told = await shelf.told("bo", "search", query=query)
    return [passage["id"].removeprefix("kb:passage/").partition("#")[0] for passage in told["passages"]]


def reopened(shelf: Shelf) -> None:
    """The index as another process finds it on the disk."""
    SharedSystemClient.clear_system_cache()
    shelf.use(opened(shelf.settings, Words()))


def problems(shelf: Shelf) -> str:
    return "\n".join(shelf.kept.board.now.problems)


def read_again(books: Shelf, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The documents that the next sync encodes."""
    seen: list[str] = []
    prepared = syncing.chunks

    def watched(title: str, text: str) -> Any:
        seen.append(title)
        return prepared(title, text)

    monkeypatch.setattr(syncing, "chunks", watched)
    books.sync()
    return seen


def test_only_what_changed_is_read(books: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_again(books, monkeypatch) == []
    books.page("handbook/leave.md", "Thirty-one days of leave.", **ALL)
    assert read_again(books, monkeypatch) == ["leave"]


async def test_a_page_that_was_deleted_is_gone(books: Shelf) -> None:
    (books.folder / "handbook/leave.md").unlink()
    books.sync()
    assert await found(books, "days of leave") == ["handbook/travel"]
    assert (await books.call("bo", "read", id="kb:doc/handbook/leave")).is_error


async def test_a_page_that_was_moved_keeps_its_id(books: Shelf) -> None:
    (books.folder / "handbook/people").mkdir()
    (books.folder / "handbook/leave.md").rename(books.folder / "handbook/people/holidays.md")
    books.sync()
    assert (await found(books, "days of leave"))[0] == "handbook/leave"


async def test_who_may_read_a_page_changes_with_its_head_alone(books: Shelf) -> None:
    books.page("handbook/leave.md", "Thirty days of leave.", groups=["finance-analytics"])
    books.sync()
    assert await found(books, "days of leave") == ["handbook/travel"]


async def test_a_source_that_is_no_longer_listed_is_gone(books: Shelf) -> None:
    books.source("metrics")
    books.page("metrics/orders.md", "Orders are counted by day.", **ALL)
    books.sync()
    assert await found(books, "days of leave") == ["metrics/orders"]


async def test_a_source_that_is_down_stays_as_it_was(books: Shelf) -> None:
    (books.folder / "handbook").rename(books.folder / "elsewhere")
    books.sync()
    assert await found(books, "days of leave") == ["handbook/leave", "handbook/travel"]
    assert "what was read of it before stays" in problems(books)


async def test_two_pages_of_one_name_are_one_and_a_problem(books: Shelf) -> None:
    books.page("handbook/a.md", "Lunch is at noon.", id="lunch", **ALL)
    books.page("handbook/b.md", "Lunch is at one.", id="lunch", **ALL)
    books.sync()
    assert (await found(books, "lunch at noon")).count("handbook/lunch") == 1
    assert "handbook/b.md: another page is called handbook/lunch already" in problems(books)


async def test_a_page_that_can_no_longer_be_read_answers_no_longer(books: Shelf) -> None:
    (books.folder / "handbook/leave.md").write_text("---\ngroups: [everyone\n---\nSecret days of leave.\n")
    books.sync()
    assert await found(books, "days of leave") == ["handbook/travel"]
    assert "handbook/leave.md: its head is no YAML" in problems(books)


STEPS = [(Catalogue, "step"), (Collection, "write"), (Collection, "delete"), (Lexical, "change")]
"""What reaches the disk."""


class Killed(BaseException):
    """The process ends here."""


@contextmanager
def failing(number: int, error: BaseException) -> Generator[None]:
    """Raise `error` instead of the nth step that reaches the disk."""
    count = 0

    def counted(real: Any) -> Any:
        def step(*args: Any, **kwargs: Any) -> Any:
            nonlocal count
            count += 1
            if count == number:
                raise error
            return real(*args, **kwargs)

        return step

    with pytest.MonkeyPatch.context() as patched:
        for kind, name in STEPS:
            patched.setattr(kind, name, counted(getattr(kind, name)))
        yield


def leave(shelf: Shelf) -> list[str]:
    """What the index answers to one question, by words and by meaning."""
    index, reach = shelf.kept.index, shelf.kept.index.held().reach(["everyone"])
    vector = shelf.kept.encoder.encode(["days of leave"])[0]
    found: list[str] = []
    for hits in (index.by_words("days of leave", reach, 9), index.by_meaning(vector, reach, 9)):
        passages = index.passages([key for key, _ in hits], reach).values()
        found += [each.text for each in passages if each.document.id == "handbook/leave"]
    return found


OLD, NEW = ["Thirty days of leave."] * 2, ["Forty days of leave, at last."] * 2


def rewritten(books: Shelf) -> None:
    """A page changes, one goes, one comes."""
    books.page("handbook/leave.md", "Forty days of leave, at last.", **ALL)
    (books.folder / "handbook/travel.md").unlink()
    books.page("handbook/pager.md", "The pager goes round on Monday.", **ALL)


def whole(books: Shelf) -> None:
    """What the index holds is what is written, once."""
    index, reach = books.kept.index, books.kept.index.held().reach(["everyone"])
    assert (leave(books), reach.documents) == (NEW, {"handbook": 2})
    assert len(index.by_words("leave days pager flights", reach, 9)) == 2
    assert len(index.by_meaning(books.kept.encoder.encode(["leave"])[0], reach, 9)) == 2


def test_killed_at_any_step_the_old_index_answers_and_the_next_sync_goes_on(
    books: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dense, "LARGE", 3)  # so that an audience grows large on the way
    rewritten(books)
    state, before = books.settings.state_folder, books.folder / "before"
    shutil.copytree(state, before)
    number, finished = 0, False
    while not finished:
        number += 1
        shutil.rmtree(state)
        shutil.copytree(before, state)
        reopened(books)
        with failing(number, Killed()), suppress(Killed):
            books.sync()
            finished = True
        reopened(books)
        assert leave(books) in (OLD, NEW)
        books.sync()
        whole(books)
    assert number > 10


def test_what_fails_at_any_step_leaves_an_index_that_answers_and_the_next_sync_goes_on(
    books: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dense, "LARGE", 3)
    rewritten(books)
    number, finished = 0, False
    while not finished:
        number += 1
        with failing(number, OSError(28, "No space left on device")), suppress(WiringError):
            books.sync()
            finished = True
        assert leave(books) in (OLD, NEW)
        books.page("handbook/pager.md", f"The pager goes round on day {number}.", **ALL)
    books.sync()
    assert number > 10
    whole(books)


def test_an_index_of_another_encoder_is_refused_and_left_alone(books: Shelf) -> None:
    SharedSystemClient.clear_system_cache()
    with pytest.raises(WiringError, match=r"was made by words 1 .* and is asked by other 1 .*sync --afresh"):
        opened(books.settings, Words("other"))
    reopened(books)
    assert books.kept.index.held().reach(["everyone"]).documents == {"handbook": 2}


STRANGE = {
    "latin.md": ("Zürich in März".encode("cp1252"), "Zürich in März"),
    "bom.md": ("\ufeffPlain words".encode(), "Plain words"),
    "utf16.md": ("Wide words".encode("utf-16"), "Wide words"),
    "crlf.md": (b"One\r\n\r\nTwo", "One\n\nTwo"),
}


async def test_text_is_read_in_the_encoding_that_it_is_in(shelf: Shelf) -> None:
    shelf.source("handbook", groups=["everyone"])
    for name, (raw, _) in STRANGE.items():
        (shelf.folder / "handbook" / name).write_bytes(raw)
    shelf.sync()
    for name, (_, text) in STRANGE.items():
        told = await shelf.told("bo", "read", id=f"handbook/{name.partition('.')[0]}")
        assert told["text"] == f"⟦{text}⟧"


REFUSED = {
    "binary.md": (b"\x00\x01\x02" * 50, "it is no text"),
    "open.md": (b"---\ngroups: [everyone]\nNo end", "its front matter has no end"),
    "list.md": (b"---\n- everyone\n---\nText", "its head is no list of"),
    "groups.md": (b"---\ngroups: everyone\n---\nText", "its head can't be used: groups"),
    "climbs.md": (b"---\ngroups: []\nid: ../../secret\n---\nText", "its head can't be used: id"),
    "date.md": (b"---\ngroups: []\nupdated: soon\n---\nText", "its head can't be used: updated"),
    "broken.pdf": (b"%PDF-1.7 and nothing", "it is no pdf that can be read"),
    "broken.docx": (b"PK and nothing", "it is no docx that can be read"),
    "empty.html": (b"", "it is no HTML that can be read"),
    "deep.html": (b"<div>" * 400 + b"x", "its elements lie more than 200 deep"),
}


def test_what_can_not_be_read_is_a_problem_with_its_place_and_nothing_else(books: Shelf) -> None:
    for name, (raw, _) in REFUSED.items():
        (books.folder / "handbook" / name).write_bytes(raw)
    books.sync()
    told = problems(books).splitlines()
    assert len(told) == len(REFUSED)
    for name, (_, said) in REFUSED.items():
        assert any(line.startswith(f"handbook/{name}: {said}") for line in told), said
    assert books.kept.index.held().reach(["everyone"]).documents == {"handbook": 2}


def test_a_document_of_a_hundred_megabytes_is_not_read(books: Shelf) -> None:
    with (books.folder / "handbook/huge.md").open("wb") as file:
        file.truncate(100 << 20)
    books.sync()
    assert "handbook/huge.md: it has 100 MB, and 20 is the most" in problems(books)


def test_no_link_leads_out_of_a_source_or_in_a_circle(books: Shelf, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("Nobody lists this.")
    (books.folder / "handbook/secret.md").symlink_to(tmp_path / "secret.md")
    (books.folder / "handbook/circle").symlink_to(books.folder / "handbook", target_is_directory=True)
    books.page("handbook/.git/description.md", "What git keeps is no page.")
    found = folder.below((books.folder / "handbook").resolve(), [".md"])
    assert sorted(path.name for path in found) == ["leave.md", "travel.md"]
