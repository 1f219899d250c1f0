"""Processes that outlive the command that started them: started, found again, stopped."""

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from deploy.local.stack.home import Home
from deploy.local.stack.parts import Part, shared_settings
from platform_core.errors import WiringError

PATIENCE = 90.0
"""Seconds within which a part must be ready."""


@dataclass(frozen=True, slots=True)
class Running:
    """A started process. `born` is the kernel's start tick, so that a number given out again is not mistaken for it."""

    pid: int
    born: str

    @classmethod
    def of(cls, pid: int) -> "Running | None":
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return None if fields[0] == "Z" else cls(pid, fields[19])

    @classmethod
    def kept(cls, file: Path) -> "Running | None":
        """The process that `file` remembers, if it lives."""
        try:
            pid, born = file.read_text().split()
        except (OSError, ValueError):
            return None
        found = cls.of(int(pid))
        return found if found is not None and found.born == born else None


def found(home: Home, name: str) -> Running | None:
    """The running process of a part, or None."""
    return Running.kept(_file(home, name))


def remembered(home: Home) -> list[str]:
    """The names of all parts that were started and not stopped."""
    return sorted(file.name.removesuffix(".pid") for file in home.run.glob("*.pid"))


def start(home: Home, part: Part) -> Running:
    """Start `part` in a session of its own, its output appended to its log."""
    with open(log_of(home, part.name), "ab") as log:
        process = subprocess.Popen(  # noqa: S603  # our own modules, no shell
            part.command,
            env=os.environ | shared_settings(home) | part.settings,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=home.path,
        )
    running = Running.of(process.pid)
    if running is None:
        raise WiringError(f"{part.says} ended at once; its last words are in {log_of(home, part.name)}")
    _file(home, part.name).write_text(f"{running.pid} {running.born}")
    return running


def wait_ready(home: Home, part: Part, running: Running) -> float:
    """Wait until `part` is ready and return the seconds it took. Raises `WiringError` with its last words."""
    began = time.monotonic()
    while not part.ready():
        if Running.of(running.pid) != running:
            raise WiringError(f"{part.says} ended before it was ready:\n{last_words(home, part.name)}")
        if time.monotonic() - began > PATIENCE:
            raise WiringError(f"{part.says} is not ready after {PATIENCE:g} s:\n{last_words(home, part.name)}")
        time.sleep(0.05)
    return time.monotonic() - began


def stop(home: Home, *names: str, seconds: float = 20.0) -> list[str]:
    """Ask parts to end, wait for all of them, insist after `seconds`. Returns those that were running."""
    running = {name: process for name in names if (process := found(home, name))}
    for process in running.values():
        _signal(process, signal.SIGTERM)
    deadline = time.monotonic() + seconds
    for name, process in running.items():
        _see_off(process, deadline)
        _file(home, name).unlink(missing_ok=True)
    return list(running)


def _see_off(running: Running, deadline: float) -> None:
    while Running.of(running.pid) == running:
        if time.monotonic() > deadline:
            _signal(running, signal.SIGKILL)
        _reap(running.pid)
        time.sleep(0.03)


def log_of(home: Home, name: str) -> Path:
    """The log file of a part."""
    return home.logs / f"{name}.log"


def last_words(home: Home, name: str, lines: int = 12) -> str:
    """The end of a part's log."""
    try:
        return "\n".join(log_of(home, name).read_text("utf-8", "replace").splitlines()[-lines:])
    except FileNotFoundError:
        return "(it wrote nothing)"


def _signal(running: Running, number: signal.Signals) -> None:
    try:
        os.killpg(running.pid, number)
    except ProcessLookupError:
        return


def _reap(pid: int) -> None:
    """Where the same process started it and stops it, the dead child must be collected."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def _file(home: Home, name: str) -> Path:
    return home.run / f"{name}.pid"
