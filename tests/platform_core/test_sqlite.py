"""One file of several processes: made once, written whole or not at all, never by two versions."""

import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from platform_core.sqlite import SharedFile

TABLES = "CREATE TABLE IF NOT EXISTS seen (word TEXT PRIMARY KEY) STRICT;"


def shared(path: Path, *, format: int = 1) -> SharedFile:
    return SharedFile(path=path, tables=TABLES, format=format)


def words(file: SharedFile) -> set[str]:
    return file.transaction(lambda db: {row["word"] for row in db.execute("SELECT word FROM seen")})


def add(file: SharedFile, *found: str) -> None:
    file.transaction(lambda db: db.executemany("INSERT INTO seen VALUES (?)", [(word,) for word in found]))


def test_the_file_and_its_folder_are_for_this_account_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "seen.db"
    add(shared(path), "a")
    assert (stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(path.parent.stat().st_mode)) == (0o600, 0o700)


def test_eight_who_come_first_at_once_make_it_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as all_at_once:
        for name in map(str, range(20)):
            list(all_at_once.map(add, [shared(tmp_path / name) for _ in range(8)], "abcdefgh"))
            assert words(shared(tmp_path / name)) == set("abcdefgh")


def test_a_step_that_fails_leaves_nothing(tmp_path: Path) -> None:
    file = shared(tmp_path / "seen.db")
    with pytest.raises(sqlite3.IntegrityError):
        add(file, "a", "a")
    assert words(file) == set()


def test_a_file_of_another_version_is_not_touched(tmp_path: Path) -> None:
    add(shared(tmp_path / "seen.db", format=2), "a")
    with pytest.raises(sqlite3.DatabaseError, match="another version of Seedbed"):
        words(shared(tmp_path / "seen.db"))


@pytest.mark.parametrize(("durable", "level"), [(True, 2), (False, 1)])
def test_what_must_outlive_a_power_cut_is_synced(tmp_path: Path, durable: bool, level: int) -> None:
    file = SharedFile(path=tmp_path / "seen.db", tables=TABLES, durable=durable)
    with closing(file.connect()) as db:
        assert db.execute("PRAGMA synchronous").fetchone()[0] == level
