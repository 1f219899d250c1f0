"""The registry is killed at any step of an approval: what it said stays said, and no yes is used twice."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from platform_core.approval.record import Approval, Bound, Shown
from platform_core.approval.remote import RegistryApprovals
from platform_core.errors import Unavailable
from platform_core.testing import PEOPLE
from registry.store import audit
from registry.store.database import open_database
from tests.registry.approvals.door import run
from tests.registry.stage import eventually
from tests.registry.starting import forked

STEPS = ("asked", "granted", "used", "ended")


@dataclass
class Server:
    """One that asks, is answered and runs, again and again; it remembers what the registry confirmed."""

    store: RegistryApprovals
    confirmed: dict[str, list[str]] = field(default_factory=lambda: {step: [] for step in STEPS})

    async def works(self, name: str) -> None:
        """Take every step of one call after the other, until the registry is gone."""
        with contextlib.suppress(Unavailable):
            for number in range(10_000):
                await self.takes_every_step(f"{name}{number:031x}")

    async def takes_every_step(self, id: str) -> None:
        await self.store.ask(question(id))
        self.confirmed["asked"].append(id)
        assert await self.store.answer(id, "granted", on="form", now=0)
        self.confirmed["granted"].append(id)
        assert await self.store.consume(id, now=0)
        self.confirmed["used"].append(id)
        await self.store.end(id, "done", now=0)
        self.confirmed["ended"].append(id)


def question(id: str) -> Approval:
    who = PEOPLE["ana"].calling_from()
    bound = Bound.to(who, environment="dev", server=f"garden-{id[0]}", tool="clear", contract="sha256:0", arguments=id)
    shown = Shown(title="Garden", question="?", target="", effect="", precondition="", arguments="{}", risk="change")
    now = time.time()
    return Approval(id=id, bound=bound, shown=shown, state="pending", asked_at=now, expires_at=now + 600)


@asynccontextmanager
async def registry_in(folder: Path) -> AsyncGenerator[BaseProcess]:
    (folder / "door.sock").unlink(missing_ok=True)
    with forked(run, folder) as process:
        await eventually((folder / "door.sock").exists, "the door is open")
        yield process


async def worked_until_killed(folder: Path, step: str) -> Server:
    """Let four servers work, and kill the registry when it has confirmed some of these steps."""
    store = RegistryApprovals(folder / "door.sock")
    server = Server(store)
    async with registry_in(folder) as registry, asyncio.TaskGroup() as tasks:
        for name in "abcd":
            tasks.create_task(server.works(name))
        await eventually(lambda: len(server.confirmed[step]) >= 10, f"calls are {step}")
        registry.kill()
    await store.close()
    return server


@pytest.mark.parametrize("step", STEPS)
async def test_what_was_confirmed_stays_and_nothing_is_used_twice(folder: Path, step: str) -> None:
    before = await worked_until_killed(folder, step)
    store = RegistryApprovals(folder / "door.sock")
    async with registry_in(folder):
        found = {id: await store.read(id, now=0) for id in before.confirmed["asked"]}
        assert all(found.values())
        for id in before.confirmed["granted"]:
            assert not await store.answer(id, "declined", on="form", now=0)
        used_now = [id for id in before.confirmed["asked"] if await store.consume(id, now=0)]
        assert set(used_now).isdisjoint(before.confirmed["used"])
        states = {id: one.state for id in before.confirmed["ended"] if (one := await store.read(id, now=0))}
        assert set(states.values()) == {"done"}
        await store.close()
    await every_use_is_in_the_audit_log_once(folder, {*before.confirmed["used"], *used_now})


async def every_use_is_in_the_audit_log_once(folder: Path, used: set[str]) -> None:
    async with open_database(folder / "registry.db") as database, database.reading() as connection:
        lines = await audit.lines(connection, after=0, most=100_000)
    told = [line.detail["approval"] for line in lines if line.act == "approval.used"]
    assert len(told) == len(set(told))
    assert used <= set(told)
