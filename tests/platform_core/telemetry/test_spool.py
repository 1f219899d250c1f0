"""A record that was written is there, whatever dies; a spool has a bound, and at the bound nobody is lied to."""

import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from platform_core.errors import Unavailable
from platform_core.telemetry import spool as module
from platform_core.telemetry.spool import SEGMENT_BYTES, Spool
from tests.platform_core.telemetry.entries import an_entry, lines, numbers

SMALL = 4096


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files so small that a few records fill one."""
    monkeypatch.setattr(module, "SEGMENT_BYTES", SMALL)


@pytest.fixture
def spool(small: None, tmp_path: Path) -> Generator[Spool]:
    """A spool with room for three small files."""
    spool = Spool(tmp_path / "spool", limit=3 * SMALL)
    yield spool
    spool.close()


def filled(spool: Spool) -> int:
    """Write until the first record is lost; returns how many were kept."""
    number = 0
    while not spool.lost:
        spool.write(an_entry(number, size=500))
        number += 1
    return number - 1


def test_records_are_kept_in_order_across_files(spool: Spool) -> None:
    for number in range(10):
        spool.write(an_entry(number, size=500))
    assert numbers(spool.folder) == list(range(10))
    assert len(spool.segments()) > 1
    assert spool.lost == 0


def test_an_entry_is_one_line_whatever_is_in_it(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    entry = an_entry(1)
    odd = type(entry)(record=entry.record, body=type(entry.body)(id="1", result="a\nb\0c\u2028d"))  # type: ignore[misc]
    spool.write(odd)
    spool.close()
    assert lines(spool.folder)[0]["body"]["result"] == "a\nb\0c\u2028d"


def test_every_acknowledged_record_survives_a_kill(tmp_path: Path) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-m", "tests.platform_core.telemetry.writer", str(tmp_path / "spool")],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert writer.stdout is not None
    with writer.stdout as said:
        acknowledged = [int(said.readline()) for _ in range(500)]
        writer.kill()
        acknowledged += [int(line) for line in said if line.endswith("\n")]
    writer.wait()
    kept = numbers(tmp_path / "spool")
    assert kept[: len(acknowledged)] == acknowledged
    assert len(kept) <= len(acknowledged) + 1


def test_what_a_dead_process_left_is_read_before_what_comes_now(tmp_path: Path) -> None:
    dead = Spool(tmp_path / "spool")
    dead.write(an_entry(1))  # and it never closed
    alive = Spool(tmp_path / "spool")
    alive.write(an_entry(2))
    alive.close()
    assert numbers(alive.folder) == [1, 2]
    dead.close()


def test_a_torn_line_is_not_a_record(tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    folder.mkdir()
    (folder / "00000001.jsonl").write_bytes(b'{"record":{"id":"00000007"}}\n{"record":{"id":"000000')
    spool = Spool(folder)
    spool.write(an_entry(8))
    spool.close()
    assert numbers(folder) == [7, 8]


def test_a_full_spool_lets_reads_go_on_and_counts_the_gap(spool: Spool, caplog: pytest.LogCaptureFixture) -> None:
    kept = filled(spool)
    for number in range(3):
        spool.write(an_entry(number, size=500))
    assert spool.lost == 4
    assert len(numbers(spool.folder)) == kept
    assert spool.full
    said = [record.getMessage() for record in caplog.records]
    assert ["1 records" in said[0], "2 records" in said[1], "4 records" in said[2], len(said)] == [True, True, True, 3]


def test_a_full_spool_never_takes_more_than_its_bound(spool: Spool) -> None:
    filled(spool)
    assert sum(path.stat().st_size for path in spool.segments()) <= 3 * SMALL


def test_a_change_that_cant_be_written_down_does_not_begin(spool: Spool) -> None:
    filled(spool)
    with pytest.raises(Unavailable, match="nothing was changed; try again later"):
        spool.write_durably(an_entry(1, opened=True))


def test_a_change_that_was_begun_is_not_denied_afterwards(spool: Spool) -> None:
    """Its end finds no room: the gap is counted, and nobody is told that nothing was changed."""
    spool.write_durably(an_entry(1, opened=True))
    filled(spool)
    lost = spool.lost
    spool.write_durably(an_entry(1))
    assert spool.lost == lost + 1


def test_both_ends_of_a_change_are_kept(spool: Spool) -> None:
    spool.write_durably(an_entry(1, opened=True))
    spool.write_durably(an_entry(1))
    assert [line.get("phase", "done") for line in lines(spool.folder)] == ["opened", "done"]


def test_when_the_oldest_file_is_shipped_there_is_room_again(spool: Spool) -> None:
    filled(spool)
    oldest = spool.segments()[0]
    size = oldest.stat().st_size
    oldest.unlink()
    spool.released(size)
    lost = spool.lost
    spool.write(an_entry(77))
    assert spool.lost == lost
    assert numbers(spool.folder)[-1] == 77


def test_a_record_too_big_for_any_file_is_counted_as_lost(spool: Spool) -> None:
    spool.write(an_entry(1, size=2 * SMALL))
    spool.write(an_entry(2))
    assert (spool.lost, numbers(spool.folder)) == (1, [2])


def test_a_disk_without_room_is_a_full_spool(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    spool = Spool(tmp_path / "spool", limit=2 * SEGMENT_BYTES)
    (spool.folder / "00000002.jsonl").mkdir()  # the next file can't be made
    while not spool.lost:
        spool.write(an_entry(1, size=1_000_000))
    with pytest.raises(Unavailable):
        spool.write_durably(an_entry(2, opened=True))
    spool.close()
    assert "is full, 1 records are lost" in caplog.text
    assert "00000002.jsonl" in caplog.text


def test_the_bound_counts_what_an_earlier_process_left(small: None, tmp_path: Path) -> None:
    first = Spool(tmp_path / "spool", limit=3 * SMALL)
    filled(first)
    first.close()
    second = Spool(tmp_path / "spool", limit=3 * SMALL)
    second.write(an_entry(1, size=3000))
    second.write(an_entry(2, size=3000))
    assert second.lost >= 1
    second.close()


def test_a_closed_file_is_as_long_as_what_is_in_it(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    spool.write(an_entry(1))
    spool.close()
    assert spool.segments()[0].read_bytes().endswith(b"\n")


def test_records_are_for_this_account_alone(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    spool.write(an_entry(1))
    spool.close()
    assert spool.folder.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in spool.segments())
