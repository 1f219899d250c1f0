"""The file of approvals: private, shared by processes, never read half, and nobody else's."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from platform_core.approval.record import Approval, Bound, Shown
from platform_core.approval.settings import ApprovalSettings
from platform_core.approval.sqlite import SqliteApprovals
from platform_core.errors import Unavailable, WiringError
from platform_core.testing import PEOPLE

NOW = 1_000_000.0


def a_question(id: str, *, subject: str = "ana") -> Approval:
    """A question that nobody asked before."""
    who = PEOPLE[subject].calling_from()
    bound = Bound.to(who, environment="dev", server="garden", tool="clear", contract="sha256:0", arguments=id)
    shown = Shown(title="Garden", question="?", target="", effect="", precondition="", arguments="{}", risk="change")
    return Approval(id=id, bound=bound, shown=shown, state="pending", asked_at=NOW, expires_at=NOW + 60)


async def test_it_belongs_to_one_account(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "approvals.db"
    await SqliteApprovals(path).ask(a_question("1"))
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0


async def test_many_may_open_it_first(tmp_path: Path) -> None:
    stores = [SqliteApprovals(tmp_path / "approvals.db") for _ in range(8)]
    questions = [a_question(str(n), subject="ana" if n % 2 else "bo") for n in range(8)]
    kept = await asyncio.gather(*(store.ask(one) for store, one in zip(stores, questions, strict=True)))
    assert [one.id for one in kept] == [one.id for one in questions]
    for one in questions:
        assert await stores[0].read(one.id, now=NOW) == one


async def test_every_step_is_taken_once_and_in_order(tmp_path: Path) -> None:
    store = SqliteApprovals(tmp_path / "approvals.db")
    await store.ask(a_question("1"))
    assert not await store.consume("1", now=NOW)
    assert await store.answer("1", "granted", on="page", now=NOW)
    assert not await store.answer("1", "declined", on="page", now=NOW)
    assert await store.consume("1", now=NOW)
    assert not await store.consume("1", now=NOW)
    await store.end("1", "unknown", now=NOW)
    await store.end("1", "done", now=NOW)
    await store.end("1", "unknown", now=NOW + 1)
    found = await store.read("1", now=NOW + 3600)
    assert found is not None
    assert (found.state, found.answered_on, found.begun_at, found.ended_at) == ("done", "page", NOW, NOW)


async def test_a_late_answer_and_a_late_use_change_nothing(tmp_path: Path) -> None:
    store = SqliteApprovals(tmp_path / "approvals.db")
    for id in ("1", "2"):
        await store.ask(a_question(id))
    await store.answer("2", "granted", on="page", now=NOW)
    assert not await store.answer("1", "granted", on="page", now=NOW + 60)
    assert not await store.consume("2", now=NOW + 60)


async def test_an_approval_that_was_never_asked_for_is_none(tmp_path: Path) -> None:
    store = SqliteApprovals(tmp_path / "approvals.db")
    assert await store.read("' OR 1=1 --", now=NOW) is None
    assert not await store.answer("nothing", "granted", on="page", now=NOW)


async def test_what_another_seedbed_wrote_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "approvals.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version=9")
    with pytest.raises(Unavailable, match="another version of Seedbed"):
        await SqliteApprovals(path).ask(a_question("1"))


async def test_a_file_that_is_no_database_is_no_yes(tmp_path: Path) -> None:
    path = tmp_path / "approvals.db"
    path.write_text("yes " * 1000)
    with pytest.raises(Unavailable, match="Nothing ran"):
        await SqliteApprovals(path).consume("1", now=NOW)


def test_shared_keys_are_a_secret_of_enough_length(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "keys"
    monkeypatch.setenv("SEEDBED_APPROVAL_KEYS_FILE", str(file))
    file.write_text(f"{'a' * 32}\n{'b' * 32}\n")
    assert ApprovalSettings.load().ring == ("a" * 32, "b" * 32)
    file.write_text("short")
    with pytest.raises(WiringError, match="SEEDBED_APPROVAL_KEYS_FILE"):
        ApprovalSettings.load()
