"""A disk that is full: the registry says so, keeps nothing half, goes on when there is room; its log stays whole."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2

from platform_core.audit import Line, verify
from tests.registry.records import entry
from tests.registry.stage import Issuer, Signer, registration
from tests.registry.starting import reach, ready, running, settings_of

ROOM = 1_200_000
"""Bytes that any file of the process may grow to."""


async def fill(client: httpx2.AsyncClient) -> tuple[int, httpx2.Response]:
    """Send records and registrations until one is refused; how many batches were taken, and the refusal."""
    for number in range(200):
        batch: list[dict[str, Any]] = [entry(f"{number}-{n}", body="x" * 2_000) for n in range(50)]
        answer = await client.post("/api/invocations", json=batch)
        if answer.status_code != 200:
            return number, answer
        said = registration("presto", version=f"1.0.{number}").model_dump(mode="json", by_alias=True)
        registered = await client.put("/api/servers/presto", json=said)
        if registered.status_code != 200:
            return number + 1, registered
    raise AssertionError("the disk was never full")


async def test_a_full_disk_is_said_clearly_and_nothing_is_half_written(
    folder: Path, issuer: Issuer, signer: Signer
) -> None:
    settings = settings_of(folder, issuer, signer)
    with running(settings, room=ROOM):
        async with reach(settings) as client:
            await ready(client)
            taken, refused = await fill(client)
            said = refused.json()
            assert (refused.status_code, said["rule"]) == (503, "registry/unavailable")
            assert said["detail"].startswith("the registry can't use its database now")
            assert "Nothing was changed" in said["detail"]
            assert (await client.get("/api/invocations")).status_code == 200
    with running(settings):
        async with reach(settings) as client:
            await ready(client)
            (await client.post("/api/invocations", json=[entry("room again")])).raise_for_status()
    with closing(sqlite3.connect(folder / "state" / "registry" / "registry.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        counted = database.execute("SELECT count(*) FROM invocations").fetchone()[0]
        assert counted == taken * 50 + 1
        assert database.execute("SELECT sum(calls) FROM day_totals").fetchone()[0] == counted
        database.row_factory = sqlite3.Row
        rows = [dict(row) for row in database.execute("SELECT * FROM audit ORDER BY number")]
    chain = verify(Line.model_validate(row | {"detail": json.loads(row["detail"])}) for row in rows)
    assert chain.fault is None
    assert chain.number in (taken - 1, taken)
