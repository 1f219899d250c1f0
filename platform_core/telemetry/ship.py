"""From the spool to the registry: in batches, in order, again until it has answered."""

import asyncio
import logging
import os
from pathlib import Path

import httpx2

from platform_core.telemetry.spool import Spool

BATCH = 200
UNREADABLE = frozenset({400, 413, 422})
"""Answers after which the same batch would be refused again, for ever, and hold up every later one."""
CHUNK = 1024 * 1024
"""Bytes read at once; far more than one record takes."""
PAUSE = 0.2
"""Seconds between two looks at the spool."""

log = logging.getLogger(__name__)


class Shipper:
    """Reads what the spool holds and posts it. The registry takes a record once, so a batch may be sent twice."""

    def __init__(self, spool: Spool, registry: Path) -> None:
        self._spool, self._registry = spool, registry
        self._mark = spool.folder / "shipped"
        self.resting = asyncio.Event()
        """Set while nothing is under way: the moment to stop without leaving an answer behind."""

    async def run(self) -> None:
        """Ship forever; when the registry is down, wait and try the same batch again."""
        transport = httpx2.AsyncHTTPTransport(uds=str(self._registry))
        async with httpx2.AsyncClient(transport=transport, base_url="http://registry", timeout=10.0) as client:
            pause = PAUSE
            while True:
                self.resting.clear()
                try:
                    busy = await self.ship_once(client)
                    pause = PAUSE
                except (httpx2.HTTPError, OSError) as error:
                    if pause == PAUSE:
                        log.warning("records wait in %s: %s", self._spool.folder, error or type(error).__name__)
                    busy, pause = False, min(pause * 2, 5.0)
                if not busy:
                    self.resting.set()
                    await asyncio.sleep(pause)

    async def ship_once(self, client: httpx2.AsyncClient) -> bool:
        """Post one batch. Returns whether there was one."""
        if not self._spool.segments():
            return False
        path, offset, whole = await asyncio.to_thread(self._position)
        lines, end = await asyncio.to_thread(_read_batch, path, offset)
        if not lines:
            if whole:
                self._spool.released(await asyncio.to_thread(_remove, path))
            return whole
        answer = await client.post(
            "/api/invocations", content=b"[" + b",".join(lines) + b"]", headers={"content-type": "application/json"}
        )
        if answer.status_code in UNREADABLE:
            log.error("the registry can't read %d records of %s: set aside: %s", len(lines), path.name, answer.text)
            await asyncio.to_thread(self._set_aside, lines)
        else:
            answer.raise_for_status()
        await asyncio.to_thread(self._save, path, end)
        return True

    def _set_aside(self, lines: list[bytes]) -> None:
        with (self._spool.folder / "refused").open("ab") as refused:
            refused.write(b"\n".join(lines) + b"\n")

    def _position(self) -> tuple[Path, int, bool]:
        """The file to ship from, the place in it, and whether nothing more will be written to it.

        That must be known before the file is read: what is written after the reading may be followed by a new file.
        """
        oldest, *later = self._spool.segments()
        try:
            name, offset = self._mark.read_text().split()
            return oldest, int(offset) if name == oldest.name else 0, bool(later)
        except (FileNotFoundError, ValueError):
            return oldest, 0, bool(later)

    def _save(self, path: Path, offset: int) -> None:
        fresh = self._mark.with_suffix(".new")
        fresh.write_text(f"{path.name} {offset}")
        os.replace(fresh, self._mark)


def _remove(path: Path) -> int:
    """Remove a file that is shipped to its end; returns how many bytes it had."""
    size = path.stat().st_size
    path.unlink()
    return size


def _read_batch(path: Path, offset: int) -> tuple[list[bytes], int]:
    """Up to `BATCH` whole lines from `offset`, and where they end. Zeros are not written yet, a torn line never is."""
    with path.open("rb") as file:
        file.seek(offset)
        written = file.read(CHUNK).partition(b"\0")[0]
    lines = written.split(b"\n")[:-1][:BATCH]
    return lines, offset + sum(len(line) + 1 for line in lines)
