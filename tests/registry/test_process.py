"""The registry as a process: two sockets, a clean end, and nothing lost or doubled when it is killed."""

import asyncio
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from platform_core.errors import WiringError
from registry.__main__ import main
from registry.private import private_folder
from tests.registry.records import entry
from tests.registry.stage import PATIENCE, Issuer, Signer, eventually, registration
from tests.registry.starting import reach, ready, running, settings_of

DEV = {"environment": "dev"}


async def ship(client: httpx2.AsyncClient, batches: list[list[dict[str, Any]]]) -> int:
    """Send batches in order, as a spool does, until the registry is gone; how many were answered."""
    for number, batch in enumerate(batches):
        try:
            (await client.post("/api/invocations", json=batch)).raise_for_status()
        except httpx2.TransportError:
            return number
    return len(batches)


async def test_killed_under_load_every_answered_record_is_there_once_and_the_totals_agree(
    folder: Path, issuer: Issuer, signer: Signer
) -> None:
    settings = settings_of(folder, issuer, signer)
    spools = [[[entry(f"{spool}-{b}-{n}") for n in range(50)] for b in range(200)] for spool in range(3)]
    with running(settings) as process:
        async with reach(settings) as client:
            await ready(client)
            shipping = [asyncio.create_task(ship(client, spool)) for spool in spools]
            database = folder / "state" / "registry" / "registry.db"
            await eventually(lambda: count(database) > 500, "records arrive")
            process.kill()
            answered = await asyncio.gather(*shipping)
    assert count(database) >= sum(answered) * 50
    with running(settings):
        async with reach(settings) as client:
            await ready(client)
            for spool, sent in zip(spools, answered, strict=True):
                await ship(client, spool[max(0, sent - 1) : sent + 2])
    unique = sum(min(sent + 2, 200) for sent in answered) * 50
    with sqlite3.connect(database) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT count(*) FROM invocations").fetchone() == (unique,)
        assert connection.execute("SELECT sum(calls), sum(ok) FROM day_totals").fetchone() == (unique, unique)
        assert connection.execute("SELECT calls FROM server_totals").fetchone() == (unique,)
    connection.close()


def count(database: Path) -> int:
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return int(connection.execute("SELECT count(*) FROM invocations").fetchone()[0])
    finally:
        connection.close()


@contextmanager
def from_the_command_line(settings: dict[str, str]) -> Generator[subprocess.Popen[str]]:
    """`python -m registry`, killed at the end if it still lives."""
    process = subprocess.Popen(
        [sys.executable, "-m", "registry"], env=os.environ | settings, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


async def test_it_opens_two_closed_folders_and_sigterm_ends_it_cleanly_though_it_is_followed(
    folder: Path, issuer: Issuer, signer: Signer
) -> None:
    settings = settings_of(folder, issuer, signer)
    with from_the_command_line(settings) as process:
        async with reach(settings) as client:
            await ready(client)
            assert [stat.S_IMODE((folder / door).stat().st_mode) & 0o077 for door in ("platform", "registry")] == [
                0,
                0o050,
            ]
            async with client.stream("GET", "/api/policies/stream") as answer:
                lines = answer.aiter_lines()
                assert await anext(lines) == '{"kind":"current"}'
                process.send_signal(signal.SIGTERM)
                with pytest.raises(StopAsyncIteration):
                    await anext(lines)
        said = await asyncio.to_thread(process.communicate, timeout=PATIENCE)
    assert process.returncode == 0
    assert "Traceback" not in said[1]
    assert sockets_in(folder) == []


def sockets_in(folder: Path) -> list[Path]:
    return list(folder.rglob("*.sock"))


async def test_what_was_registered_is_there_after_a_restart(folder: Path, issuer: Issuer, signer: Signer) -> None:
    settings = settings_of(folder, issuer, signer)
    said = registration("presto")
    with running(settings):
        async with reach(settings) as client:
            await ready(client)
            body = said.model_dump(mode="json", by_alias=True)
            (await client.put("/api/servers/presto", json=body, params=DEV)).raise_for_status()
            signed = signer.policy(said, environment="dev").model_dump(mode="json")
            (await client.put("/api/policies", json=signed)).raise_for_status()
    with running(settings):
        async with reach(settings) as client:
            await ready(client)
            async with client.stream("GET", "/api/policies/stream", params=DEV) as answer:
                assert '"kind":"policy"' in await anext(answer.aiter_lines())


def test_a_folder_that_others_may_enter_is_refused(folder: Path) -> None:
    (folder / "platform").mkdir()
    (folder / "platform").chmod(0o755)
    with pytest.raises(WiringError, match=f"chmod 700 {folder}/platform"):
        private_folder(folder / "platform")


def test_a_missing_setting_is_named_and_no_value_is_shown(
    folder: Path, issuer: Issuer, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (settings_of(folder, issuer, signer) | {"SEEDBED_REGISTRY_PROBE_SECONDS": "-7"}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", ["registry"])
    with pytest.raises(SystemExit, match="SEEDBED_REGISTRY_PROBE_SECONDS: Input should be greater than 0") as said:
        main()
    assert "word" not in str(said.value)


def test_the_settings_can_be_listed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["registry", "--settings"])
    main()
    listing = capsys.readouterr().out
    assert "SEEDBED_REGISTRY_CLIENT_SECRET_FILE" in listing
    assert "SEEDBED_AUTH_ISSUER" in listing
