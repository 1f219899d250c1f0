"""A tool that changes data is written down on the disk before it runs and after, or it does not run."""

import pytest

from platform_core.errors import Unavailable
from platform_core.telemetry.record import Entry
from platform_core.testing import Kept, connect_as
from tests.platform_core.shop.diary import diary
from tests.platform_core.shop.server import server
from tests.platform_core.visits import Era, both_eras, fields_of, text_of


@pytest.fixture(autouse=True)
def fresh_diary() -> None:
    diary.start_over()


class Diary(Kept):
    """Records in the order of what else happened: a spool that writes into the same book as the tools."""

    full = False

    def write_durably(self, entry: Entry) -> None:
        if self.full and entry.phase == "opened":
            raise Unavailable("the record of this change can't be kept now, so nothing was changed; try again later")
        diary.write(f"{entry.phase} {entry.record.outcome}, on the disk")
        super().write_durably(entry)

    def write(self, entry: Entry) -> None:
        diary.write(f"{entry.phase} {entry.record.outcome}")
        super().write(entry)


@both_eras
async def test_a_change_is_on_the_disk_before_it_runs_and_after(era: Era) -> None:
    kept = Diary()
    async with connect_as(server, "ana", era=era, kept=kept) as shop:
        await shop.call_tool("paint", {"colour": "red"})
    assert diary.lines == ["opened unknown, on the disk", "paint red", "done ok, on the disk"]
    opened, done = kept
    assert opened.record.id == done.record.id
    assert opened.body is None
    assert done.body is not None


@both_eras
async def test_a_change_that_crashes_is_closed_too(era: Era) -> None:
    kept = Diary()
    async with connect_as(server, "ana", era=era, kept=kept) as shop:
        await shop.call_tool("paint", {"colour": "invisible"})
    assert diary.lines == ["opened unknown, on the disk", "paint invisible", "done exception, on the disk"]


@both_eras
async def test_a_refused_change_is_not_opened(era: Era) -> None:
    kept = Diary()
    async with connect_as(server, "bo", era=era, kept=kept) as shop:
        await shop.call_tool("paint", {"colour": "red"})
    assert diary.lines == ["done denied"]


@both_eras
async def test_what_only_reads_waits_for_no_disk(era: Era) -> None:
    async with connect_as(server, "ana", era=era, kept=Diary()) as shop:
        await shop.call_tool("look", {"thing": "vase"})
    assert diary.lines == ["look vase", "done ok"]


@both_eras
async def test_when_it_cant_be_written_down_a_change_does_not_happen_and_reads_go_on(era: Era) -> None:
    kept = Diary()
    kept.full = True
    async with connect_as(server, "ana", era=era, kept=kept) as shop:
        assert not (await shop.call_tool("look", {"thing": "vase"})).is_error
        result = await shop.call_tool("paint", {"colour": "red"})
    assert "paint red" not in diary.lines
    assert result.is_error
    assert fields_of(result)["code"] == "unavailable"
    assert "nothing was changed" in text_of(result)
