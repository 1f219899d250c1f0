"""`seedbed up` and `seedbed down`: every part in its order, shown while it happens."""

import json
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console

from deploy.local.stack import parts, processes, ready
from deploy.local.stack.governing import described, govern, written
from deploy.local.stack.home import Home
from deploy.local.stack.parts import Part
from platform_core.errors import WiringError

console = Console(highlight=False)


def up(home: Home) -> None:
    """Start what does not run yet, in order, and return when a person's call can pass."""
    platform = [parts.identity(home), parts.engine(home), parts.registry(home)]
    served = [parts.server(home, name, module) for name, module in parts.installed_servers().items()]
    with ThreadPoolExecutor() as pool:
        describing = [pool.submit(described, part) for part in served]
        _start_together(home, platform[:2])
        _start_together(home, platform[2:])
        registrations = [answer.result() for answer in describing]
    govern(home, registrations, lambda said: console.print(f"    {said}"))
    live = [part for part in served if part.name in written()]
    _start_together(home, [parts.gateway(home), *live])
    _wait_for_the_edge(home, live)
    _tell_the_cli(home)


def down(home: Home) -> None:
    """Stop everything, callers first: the edge, then the servers, then what they lean on."""
    for name in reversed(names(home)):
        if processes.stop(home, name):
            console.print(f"==> {name} stopped")


def names(home: Home) -> list[str]:
    """Every part in the order of starting; the gateway stops first, so it stands last."""
    return ["identity", "engine", "registry", *(n for n in parts.installed_servers() if n in written()), "gateway"]


def _start_together(home: Home, wanted: list[Part]) -> None:
    started = [(part, processes.found(home, part.name) or processes.start(home, part)) for part in wanted]
    for part, running in started:
        with console.status(f"{part.says} ..."):
            seconds = processes.wait_ready(home, part, running, lambda: None)
        console.print(f"==> {part.says} [dim]ready in {seconds:.1f} s[/dim]")


def _wait_for_the_edge(home: Home, live: list[Part]) -> None:
    """Through the front door: Envoy's 401 names the server once its route is there, and nothing before."""
    for part in live:
        _until(lambda name=part.name: ready.routed(home.base, name), f"{part.name} at the edge")
        _until(lambda name=part.name: ready.reached(home.admin_socket, name), f"{part.name} behind the edge")


def _until(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 30
    while not true():
        if time.monotonic() > deadline:
            raise WiringError(f"{what} did not come up; see `seedbed logs gateway`")
        time.sleep(0.05)


def _tell_the_cli(home: Home) -> None:
    """Make this stack the default of `seedbed login`, unless the person chose another one."""
    folder = Path(os.environ.get("SEEDBED_CLI_HOME") or Path.home() / ".config" / "seedbed").expanduser()
    file = folder / "config.json"
    config: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    ours = (home.path / "cli-default").read_text() if (home.path / "cli-default").exists() else None
    if config.get("default_url") in (None, ours):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.write_text(json.dumps(config | {"default_url": home.base}))
        (home.path / "cli-default").write_text(home.base)
