"""A whole house around one hosted server process: an issuer, a registry, pinned keys, folders, and its settings."""

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from platform_core.policy.keys import Keys
from platform_core.policy.sign import sign
from platform_core.policy.suspend import Suspensions
from platform_core.running import socket_of
from tests.platform_core.issuer import ISSUER, KeyServer, key_set, rsa_key
from tests.platform_core.open_shop import as_person, message, wire
from tests.platform_core.plain_http import Answer, sent
from tests.platform_core.policies import EMERGENCY, PINNED
from tests.platform_core.registry import Registry
from tests.platform_core.serving import PATIENCE, Deadline, serving
from tests.platform_core.visits import Era

STARTED = "Application startup complete"


def pinned(keys: Keys) -> dict[str, str]:
    """Public keys as the file of pinned keys writes them."""
    return {name: base64.b64encode(key.public_bytes_raw()).decode() for name, key in keys.items()}


class House:
    """Everything that a hosted shop finds around it; the shop itself starts and dies as told."""

    def __init__(self, folder: Path, issuer: KeyServer, issuer_url: str) -> None:
        self.folder, self.issuer, self.registry = folder, issuer, Registry(folder)
        self.socket = socket_of(folder, "production", "shop")
        self.diary = folder / "diary"
        self.log: list[str] = []
        self.process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        (folder / "keys.json").write_text(
            json.dumps({"policy": pinned(PINNED.policy), "emergency": pinned(PINNED.emergency)})
        )
        self.settings = {
            "SEEDBED_STACK": "local",
            "SEEDBED_PLATFORM_BASE": "http://shop.test",
            "SEEDBED_PLATFORM_RUN": str(folder),
            "SEEDBED_PLATFORM_STATE": str(folder / "state"),
            "SEEDBED_PLATFORM_REGISTRY_SOCKET": str(self.registry.socket),
            "SEEDBED_PLATFORM_POLICY_KEYS_FILE": str(folder / "keys.json"),
            "SEEDBED_AUTH_ISSUER": ISSUER,
            "SEEDBED_AUTH_JWKS_URL": issuer_url,
            "SEEDBED_SERVER_DRAIN_SECONDS": "0",
            "SEEDBED_SERVER_START_SECONDS": str(PATIENCE),
        }

    def start(self, **more: str) -> None:
        """Start the shop in a process of its own, and return when it serves; or raise with its log."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("SEEDBED_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.platform_core.shop"],
            env=clean | self.settings | {"SHOP_DIARY": str(self.diary)} | more,
            stderr=subprocess.PIPE,
            text=True,
        )
        up = threading.Event()
        self._reader = threading.Thread(target=self._read, args=(self.process, up))
        self._reader.start()
        if not up.wait(PATIENCE) or self.process.poll() is not None:
            self.end(signal.SIGKILL)
            raise AssertionError("the shop did not start:\n" + "".join(self.log))
        deadline = Deadline()
        while not self._listens():
            deadline.check("the shop does not listen")

    def _listens(self) -> bool:
        with socket.socket(socket.AF_UNIX) as visitor:
            return visitor.connect_ex(str(self.socket)) == 0

    def _read(self, process: subprocess.Popen[str], up: threading.Event) -> None:
        with process.stderr or open(os.devnull) as lines:
            for line in lines:
                self.log.append(line)
                if STARTED in line:
                    up.set()
        up.set()  # it ended: whoever waits sees why

    def tell(self, number: signal.Signals) -> None:
        """Send a signal to the shop."""
        assert self.process is not None
        self.process.send_signal(number)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End the shop by a signal; returns its status."""
        assert self.process is not None
        assert self._reader is not None
        self.tell(number)
        status = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return status

    def call(self, who: str, tool: str, arguments: dict[str, Any], *, era: Era = "auto") -> Answer:
        """Call a tool as a person, by hand."""
        said = message("tools/call", {"name": tool, "arguments": arguments}, era=era)
        headers = [*as_person(who), *wire("tools/call", tool, era=era)]
        return sent(self.socket, "POST", "/mcp", content=json.dumps(said), headers=headers)

    def drop(self, suspensions: Suspensions) -> None:
        """Suspend by the emergency key and a file, as one does while the registry is down."""
        folder = self.folder / "suspensions"
        folder.mkdir(exist_ok=True)
        (folder / "new").write_text(sign(suspensions, key="red-1", private=EMERGENCY).model_dump_json())
        os.replace(folder / "new", folder / f"{suspensions.environment}.json")

    def get(self, path: str) -> Answer:
        """Ask for one of the addresses that need no token."""
        return sent(self.socket, "GET", path)


@contextmanager
def a_house(folder: Path) -> Generator[House]:
    """A house with a registry and an issuer that are up, and a shop that was not started yet."""
    issuer = KeyServer(key_set(rsa=rsa_key()))
    with ExitStack() as stack:
        house = House(folder, issuer, stack.enter_context(serving(issuer)))
        house.registry.up()
        stack.callback(house.registry.down)
        yield house
        if house.process is not None and house.process.poll() is None:
            house.end(signal.SIGKILL)
