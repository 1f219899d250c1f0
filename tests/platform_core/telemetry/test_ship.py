"""Records reach the registry in order and whole, through every outage, and twice does no harm."""

import asyncio
import logging
import tempfile
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from platform_core.telemetry import ship
from platform_core.telemetry import spool as module
from platform_core.telemetry.record import Entry
from platform_core.telemetry.ship import BATCH, Shipper
from platform_core.telemetry.spool import Spool
from tests.platform_core.registry import Registry, running_registry
from tests.platform_core.serving import PATIENCE
from tests.platform_core.telemetry.entries import an_entry


@pytest.fixture(scope="module")
def running() -> Generator[Registry]:
    with tempfile.TemporaryDirectory(prefix="sb-") as folder, running_registry(Path(folder)) as registry:
        yield registry


@pytest.fixture
def registry(running: Registry) -> Registry:
    running.start_over()
    return running


@pytest.fixture
def spool(tmp_path: Path) -> Generator[Spool]:
    spool = Spool(tmp_path / "spool")
    yield spool
    spool.close()


@asynccontextmanager
async def shipping(spool: Spool, registry: Registry) -> AsyncGenerator[None]:
    """A shipper at work while the block runs."""
    shipper = Shipper(spool, registry.socket)
    work = asyncio.create_task(shipper.run())
    try:
        yield
        assert not work.done(), "shipping ended"
        async with asyncio.timeout(PATIENCE):
            await shipper.resting.wait()
    finally:
        work.cancel()
        await asyncio.wait([work])


def taken(registry: Registry) -> list[int]:
    """The numbers of the calls that the registry knows, in the order in which it learnt of them."""
    return [int(entry["record"]["id"]) for entry in registry.records]


async def until_taken(registry: Registry, count: int) -> None:
    await asyncio.to_thread(registry.wait_for, lambda r: len(taken(r)) >= count)


def write(spool: Spool, numbers: range) -> None:
    for number in numbers:
        spool.write(an_entry(number))


async def test_records_arrive_in_order_and_in_batches_that_the_registry_takes(spool: Spool, registry: Registry) -> None:
    write(spool, range(2 * BATCH + 50))
    async with shipping(spool, registry):
        await until_taken(registry, 450)
    assert taken(registry) == list(range(450))
    assert [len(batch) for batch in registry.batches] == [BATCH, BATCH, 50]
    assert BATCH <= 200


async def test_what_is_written_while_it_ships_arrives_too(spool: Spool, registry: Registry) -> None:
    async with shipping(spool, registry):
        write(spool, range(3))
        await until_taken(registry, 3)
        write(spool, range(3, 5))
        await until_taken(registry, 5)
    assert taken(registry) == [0, 1, 2, 3, 4]


async def test_a_batch_whose_answer_was_lost_is_sent_again_unchanged(spool: Spool, registry: Registry) -> None:
    registry.answers = [500, 503]
    write(spool, range(3))
    async with shipping(spool, registry):
        await asyncio.to_thread(registry.wait_for, lambda r: len(r.batches) == 3)
        write(spool, range(3, 4))
        await until_taken(registry, 4)
    assert registry.batches[0] == registry.batches[1] == registry.batches[2]
    assert taken(registry) == [0, 1, 2, 3]


class Told(logging.Handler):
    """Hears the shipper's log."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.something = asyncio.Event()

    def emit(self, record: logging.LogRecord) -> None:
        self.something.set()


@pytest.fixture
def told() -> Generator[Told]:
    told = Told()
    ship.log.addHandler(told)
    yield told
    ship.log.removeHandler(told)


async def test_records_wait_while_the_registry_is_down(spool: Spool, registry: Registry, told: Told) -> None:
    await asyncio.to_thread(registry.down)
    write(spool, range(3))
    async with shipping(spool, registry):
        async with asyncio.timeout(PATIENCE):
            await told.something.wait()
        await asyncio.to_thread(registry.up)
        await until_taken(registry, 3)
    assert taken(registry) == [0, 1, 2]


async def test_after_a_restart_it_goes_on_where_it_was(spool: Spool, registry: Registry) -> None:
    write(spool, range(3))
    async with shipping(spool, registry):
        await until_taken(registry, 3)
        write(spool, range(3, 4))
        await until_taken(registry, 4)  # so the place of the first batch is surely noted
    write(spool, range(4, 6))
    spool.close()
    again = Spool(spool.folder)
    write(again, range(6, 8))
    async with shipping(again, registry):
        await until_taken(registry, 8)
    again.close()
    assert taken(registry) == list(range(8))
    assert sum(len(batch) for batch in registry.batches) <= 8 + 1, "at most the last batch comes twice"


class Narrow(Spool):
    """A spool that says when it got room again."""

    def __init__(self, folder: Path, *, limit: int) -> None:
        super().__init__(folder, limit=limit)
        self.room = asyncio.Event()

    def took(self, entry: Entry) -> bool:
        """Write `entry`, or say that there is no room for it now."""
        lost = self.lost
        self.room.clear()
        self.write(entry)
        return self.lost == lost

    def released(self, size: int) -> None:
        super().released(size)
        self.room.set()


async def test_a_shipped_file_is_removed_and_gives_its_room_back(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SEGMENT_BYTES", 4096)
    spool = Narrow(tmp_path / "small", limit=2 * 4096)
    async with shipping(spool, registry), asyncio.timeout(PATIENCE):
        for number in range(30):
            while not spool.took(an_entry(number, size=500)):
                await spool.room.wait()
        await until_taken(registry, 30)
    assert taken(registry) == list(range(30))
    assert spool.segments()[0].name != "00000001.jsonl"
    spool.close()


async def test_a_torn_line_is_passed_over_and_holds_up_nothing(registry: Registry, tmp_path: Path) -> None:
    folder = tmp_path / "torn"
    first = Spool(folder)
    first.write(an_entry(1))
    first.close()
    with first.segments()[0].open("ab") as file:
        file.write(b'{"record":{"id":"000')
    second = Spool(folder)
    second.write(an_entry(2))
    async with shipping(second, registry):
        await until_taken(registry, 2)
    second.close()
    assert taken(registry) == [1, 2]


@pytest.mark.parametrize("status", [400, 413, 422])
async def test_what_the_registry_cant_read_is_set_aside_and_holds_up_nothing(
    spool: Spool, registry: Registry, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    registry.answers = [status]
    write(spool, range(2))
    async with shipping(spool, registry):
        await asyncio.to_thread(registry.wait_for, lambda r: len(r.batches) == 1)
        write(spool, range(2, 3))
        await until_taken(registry, 3)
    assert len(registry.batches) == 2
    assert (spool.folder / "refused").read_bytes().count(b"\n") == 2
    assert "can't read 2 records" in caplog.text


@pytest.mark.parametrize("mark", ["", "nonsense", "00000001.jsonl", "00000001.jsonl x", "00000099.jsonl 7"])
async def test_a_spoilt_mark_means_from_the_beginning(spool: Spool, registry: Registry, mark: str) -> None:
    write(spool, range(2))
    (spool.folder / "shipped").write_text(mark)
    async with shipping(spool, registry):
        await until_taken(registry, 2)
    assert taken(registry) == [0, 1]
