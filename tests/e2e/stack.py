"""The whole ecosystem, started by `seedbed up` in a home of its own; its parts can be stopped, killed and started."""

import os
import signal
import socket
import subprocess
import sys
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

import httpx2

from deploy.local.stack import parts, processes
from deploy.local.stack.home import Home
from deploy.local.stack.parts import Part
from deploy.local.stack.running import names
from deploy.local.stack.servers import served
from platform_core.auth.clients import Environment
from tests.e2e.waiting import NO_TLS, PATIENCE, awaited
from tests.surfaces.cli.terminal import Terminal

SEEDBED = Path(sys.executable).with_name("seedbed")
PYTHON = sys.executable
NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Stack:
    """One running ecosystem."""

    home: Home

    def up(self, *words: str) -> str:
        """`seedbed up`: when it returns, calls pass; what it said."""
        return self.seedbed("up", *words)

    def down(self) -> None:
        """`seedbed down`."""
        self.seedbed("down")

    def terminal(self, login: str) -> Terminal:
        """The terminal of a person, with a login of its own."""
        return Terminal(home=self.home.path / "people" / login, url=self.home.base, issuer=self.home.issuer)

    @property
    def cli_home(self) -> Path:
        """Where `seedbed up` tells the command line which platform runs here."""
        return self.home.path / "cli"

    @cached_property
    def part_names(self) -> list[str]:
        """All parts in the order of starting."""
        return names(self.home)

    @cached_property
    def servers(self) -> list[str]:
        """Names of the servers in production."""
        return [each.name for each in served() if each.live]

    def pid(self, name: str) -> int | None:
        """The process of a part; None where it does not run."""
        running = processes.found(self.home, name)
        return running.pid if running else None

    @property
    def pids(self) -> dict[str, int | None]:
        return {name: self.pid(name) for name in self.part_names}

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to a part, as whoever does not care for it would."""
        pid = self.pid(name)
        assert pid is not None, f"{name} does not run"
        os.kill(pid, number)

    def stop(self, name: str) -> None:
        """End a part politely and wait for its end."""
        assert processes.stop(self.home, name), f"{name} does not run"

    def start(self, name: str, settings: Mapping[str, str] = NOTHING) -> None:
        """Start a part as `seedbed up` does, with some settings changed, and wait until it is ready."""
        part = self._part(name)
        self.run(replace(part, settings=part.settings | dict(settings)))

    def run(self, part: Part) -> None:
        """Start any part and wait until it is ready."""
        with warnings.catch_warnings():
            # The process is meant to outlive its handle, and httpx2 leaves a unix socket open that nobody answers.
            warnings.simplefilter("ignore", ResourceWarning)
            running = processes.start(self.home, part)
            processes.wait_ready(self.home, part, running)

    def mend(self, opens: Callable[[str], bool]) -> None:
        """Start what does not run; return when every server `opens` again."""
        for name in self.part_names:
            if self.pid(name) is None:
                self.start(name)
        for name in self.servers:
            awaited(lambda name=name: opens(name), f"calls reach {name}")

    def socket(self, server: str, environment: Environment = "production") -> Path:
        return self.home.server_socket(environment, server)

    def inside(self, socket: Path, path: str) -> str:
        """What a part answers on its own unix socket."""
        transport = httpx2.HTTPTransport(uds=str(socket), verify=NO_TLS)
        with httpx2.Client(transport=transport, base_url="http://here", timeout=PATIENCE) as part:
            return part.get(path).text

    def everything_logged(self) -> str:
        """All logs of all parts."""
        files = [*self.home.logs.glob("*.log"), *self.home.state.glob("**/*.log")]
        return "\n".join(file.read_text("utf-8", "replace") for file in files)

    def last_words(self) -> str:
        """The ends of all logs."""
        return "\n".join(f"--- {name}\n{processes.last_words(self.home, name, 25)}" for name in self.part_names)

    def _part(self, name: str) -> Part:
        platform = parts.platform(self.home)
        return platform.get(name) or next(each.part(self.home) for each in served() if each.part_name == name)

    def order(self, *words: str) -> str:
        """What an operator of this machine types; what came back, and it ended well."""
        ours = {"SEEDBED_LOCAL_HOME": str(self.home.path), "SEEDBED_CLI_HOME": str(self.cli_home), "NO_COLOR": "1"}
        done = subprocess.run(
            words, env=os.environ | ours, capture_output=True, text=True, timeout=4 * PATIENCE, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr + self.last_words()
        return done.stdout + done.stderr

    def seedbed(self, *words: str) -> str:
        """`seedbed` as that operator."""
        return self.order(str(SEEDBED), *words)


def answers(port: int) -> bool:
    """Whether anybody listens on this port of the loopback."""
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0
