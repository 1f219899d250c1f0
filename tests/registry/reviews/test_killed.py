"""The registry killed at each step of a review: what was decided stays, and it goes live by itself, once."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from registry.signer.ledger import Ledger
from registry.signer.operation import Signatory, signer_app
from registry.store import audit
from registry.store.database import open_database
from registry.store.tables import Artefact
from tests.registry.reviews.reviewing import Office
from tests.registry.stage import BASE, KEY, PATIENCE, Issuer, Signer, client, registration, serving
from tests.registry.starting import reach, ready, running, settings_of

SEED = registration("seed")
STEPS = ["submitted", "granted", "granted", "granted", "live"]


@dataclass
class Signing:
    """The signer, at whose door the registry may die: before it is heard, or before it is answered."""

    signer: Any
    dies: str = ""
    kill: Callable[[], None] = print

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if self.dies == "compiled":
            return self.kill()
        return await self.signer(scope, receive, self._to_nobody if self.dies == "signed" else send)

    async def _to_nobody(self, _: object) -> None:
        self.kill()


@dataclass(frozen=True)
class Door:
    """Where people reach the registry, whichever process it is."""

    public: httpx2.AsyncClient
    issuer: Issuer


async def reviewed_until(moment: str, office: Office, registry: BaseProcess, signing: Signing) -> None:
    """Take the steps of a review until the one at which the registry is killed."""
    review = await office.opened(SEED)
    for before, kind in (("handed in", "security"), ("one decided", "legal")):
        if moment == before:
            return registry.kill()
        (await office.decide(review, kind)).raise_for_status()
    signing.dies, signing.kill = moment, registry.kill
    await office.decide(review, "genai")
    raise AssertionError("the registry answered, though it was to die")


async def kill_when_it_is_told(registry: BaseProcess, settings: dict[str, str]) -> None:
    """What followers hear is on the disk: the registry dies before it can answer the reviewer."""
    with suppress(httpx2.TransportError):
        async with reach(settings) as platform, platform.stream("GET", "/api/policies/stream") as told:
            async for line in told.aiter_lines():
                if '"kind":"policy"' in line:
                    registry.kill()


@pytest.mark.parametrize("moment", ["handed in", "one decided", "compiled", "signed", "in force"])
async def test_a_review_outlives_the_registry_and_goes_live_once(
    folder: Path, issuer: Issuer, signer: Signer, moment: str
) -> None:
    settings = settings_of(folder, issuer, signer)
    signing = Signing(signer_app(Signatory(KEY, signer.private, Ledger(folder / "ledger.json"), longest=86_400 * 90)))
    sockets = folder / "signer" / "signer.sock", folder / "registry" / "public.sock"
    async with serving((signing, sockets[0])), client(sockets[1], BASE) as public, reach(settings) as platform:
        office = Office(Door(public, issuer))
        with running(settings) as registry:
            await ready(platform)
            async with asyncio.TaskGroup() as tasks:
                if moment == "in force":
                    tasks.create_task(kill_when_it_is_told(registry, settings))
                with suppress(httpx2.TransportError):
                    await reviewed_until(moment, office, registry, signing)
            await asyncio.to_thread(registry.join, PATIENCE)
        signing.dies = ""
        with running(settings):
            await ready(platform)
            await office.grant_all(await office.opened(SEED))
            async with asyncio.timeout(PATIENCE), platform.stream("GET", "/api/policies/stream") as told:
                async for line in told.aiter_lines():
                    if '"kind":"policy"' in line:
                        break
    await it_was_done_once(folder / "state" / "registry" / "registry.db")


async def it_was_done_once(database: Path) -> None:
    async with open_database(database) as opened, opened.reading() as connection:
        lines = await audit.lines(connection, after=0, most=50)
        kept = list((await connection.execute(select(Artefact.version))).scalars())
    assert [line.act for line in lines if line.act.startswith("review.")] == [f"review.{step}" for step in STEPS]
    assert kept in ([1], [2])  # what was signed and lost is signed again in the same second, else above itself
