"""The real agent in a process of its own, for the tests of every part that needs an identity."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.mesh.authorities import Authorities
from deploy.local.mesh.entries import Entries

TRUST_DOMAIN = "seedbed.internal"
ANSWERS = "answers for"
COMMAND = (sys.executable, "-m", "deploy.local.mesh")
PATIENCE = 60.0


def spiffe_id(path: str) -> str:
    return f"spiffe://{TRUST_DOMAIN}{path}"


@dataclass(kw_only=True)
class RunningAgent:
    """An agent over one folder, which it keeps when it ends."""

    folder: Path
    settings: dict[str, str]
    process: "subprocess.Popen[str] | None" = None
    log: list[str] = field(default_factory=list[str])

    @property
    def socket(self) -> Path:
        return self.folder / "run" / "agent.sock"

    @property
    def authorities(self) -> Authorities:
        """Its own authorities: what is changed there, it sees."""
        return Authorities(self.folder / "state", TRUST_DOMAIN)

    @property
    def account(self) -> int:
        """The account that it runs as, like the tests."""
        return os.getuid()

    @property
    def entries(self) -> Entries:
        """Its own entries: what is changed there, it sees."""
        return Entries(self.folder / "state", ())

    def order(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Give a command, as an operator would."""
        return subprocess.run([*COMMAND, *words], env=self._env(), capture_output=True, text=True, check=False)

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.process = subprocess.Popen([*COMMAND], env=self._env(), stderr=subprocess.PIPE, text=True)
        answers = threading.Event()
        threading.Thread(target=self._read, args=(self.process, answers), daemon=True).start()
        if not answers.wait(PATIENCE) or self.process.poll() is not None:
            raise RuntimeError("the agent did not start:\n" + "".join(self.log))

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End it, and return its status."""
        if self.process is None:
            return 0
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def _env(self) -> dict[str, str]:
        return os.environ | self.settings

    def _read(self, process: "subprocess.Popen[str]", answers: threading.Event) -> None:
        with process.stderr or open(os.devnull) as lines:
            for line in lines:
                self.log.append(line)
                if ANSWERS in line:
                    answers.set()
        answers.set()  # it ended: whoever waits sees why


@contextmanager
def running_agent(folder: Path, *entries: str, **settings: object) -> Generator[RunningAgent]:
    """Start the agent over `folder`; `settings` are named as in `AgentSettings`. It looks often, for short tests."""
    listed = "[" + ", ".join(f'"{entry}"' for entry in entries) + "]"
    asked = {"state": folder / "state", "socket": folder / "run/agent.sock", "entries": listed, "sync_seconds": 0.05}
    variables = {f"SEEDBED_MESH_{name.upper()}": str(value) for name, value in (asked | settings).items()}
    agent = RunningAgent(folder=folder, settings=variables)
    agent.start()
    try:
        yield agent
    finally:
        agent.stop()


@contextmanager
def new_agent(*entries: str, **settings: object) -> Generator[RunningAgent]:
    """The same over a folder of its own, with a short path."""
    with tempfile.TemporaryDirectory(prefix="sb-mesh-") as name, running_agent(Path(name), *entries, **settings) as it:
        yield it
