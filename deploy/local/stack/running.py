"""`seedbed up` and `seedbed down`: every part in its order, shown while it happens."""

import time
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor

from rich.console import Console

from deploy.local.stack import parts, processes, ready
from deploy.local.stack.command_line import tell_the_cli
from deploy.local.stack.describing import described
from deploy.local.stack.governing import govern
from deploy.local.stack.home import Home, LocalSettings
from deploy.local.stack.parts import Part
from deploy.local.stack.servers import Served, served
from platform_core.errors import WiringError

FIRST = ("identity", "engine", "mesh", "signer")
"""What leans on nothing."""
LAST = ("gateway", "envoy")
"""The way in: started with the servers, and stopped before them."""

console = Console(highlight=False, soft_wrap=True)


def up(home: Home, again: Collection[str] = ()) -> None:
    """Start what does not run yet, in order, and return when a person's call can pass.

    `again` names experiments that had their time and are to have it once more.
    """
    platform, servers = parts.platform(home), served()
    with ThreadPoolExecutor() as pool:
        describing = pool.submit(described, servers)
        _start_together(home, [platform[name] for name in FIRST])
        _start_together(home, [platform["registry"]])
        told = describing.result()
    open_to_people = govern(home, told, again, lambda said: console.print(f"    {said}"))
    way_in, open_parts = [platform[name] for name in LAST], [each.part(home) for each in open_to_people]
    _start_together(home, [*way_in, *open_parts])
    _wait_for_the_edge(home, open_to_people)
    _tell_what_goes_on(open_parts)
    if LocalSettings.load().airflow:
        _start_behind(home, parts.airflow(home))
    tell_the_cli(home)


def down(home: Home) -> None:
    """Stop everything, callers first: the way in, then the servers together, then what they lean on."""
    leant_on = ("registry", *FIRST)
    servers = [name for name in names(home) if name not in (*leant_on, *LAST)]
    for together in (*([name] for name in reversed(LAST)), servers, ["registry"], FIRST):
        for name in processes.stop(home, *together):
            console.print(f"==> {name} stopped")


def names(home: Home) -> list[str]:
    """Every part in the order of starting; one that runs and is no longer asked for is among them."""
    first, servers = (*FIRST, "registry"), [each.part_name for each in served()]
    known = {*first, *servers, *LAST}
    return [*first, *servers, *(name for name in processes.remembered(home) if name not in known), *LAST]


def _start_together(home: Home, wanted: list[Part]) -> None:
    started = [(part, processes.found(home, part.name) or processes.start(home, part)) for part in wanted]
    for part, running in started:
        with console.status(f"{part.says} ..."):
            seconds = processes.wait_ready(home, part, running)
        console.print(f"==> {part.says} [dim]ready in {seconds:.1f} s[/dim]")


def _start_behind(home: Home, part: Part) -> None:
    """Start what takes a minute, and does not hold up the rest."""
    if processes.found(home, part.name) is None:
        processes.start(home, part)
        console.print(f"==> {part.says} [dim]starts behind this, in a minute or so: seedbed logs {part.name}[/dim]")


def _tell_what_goes_on(started: list[Part]) -> None:
    for part in started:
        if doing := part.doing():
            console.print(f"==> {part.says} [dim]{doing}, behind this: seedbed logs {part.name}[/dim]")


def _wait_for_the_edge(home: Home, servers: list[Served]) -> None:
    """Through the front door: Envoy's 401 names the server once its route is there, and nothing before."""
    for each in servers:
        base, where = home.edge(each.environment), (each.environment, each.name)
        _until(lambda base=base, name=each.name: ready.routed(base, name), f"{each.part_name} at the edge")
        _until(lambda where=where: ready.reached(home.admin_socket, *where), f"{each.part_name} behind the edge")


def _until(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 30
    while not true():
        if time.monotonic() > deadline:
            raise WiringError(f"{what} did not come up; see `seedbed logs gateway` and `seedbed logs envoy`")
        time.sleep(0.05)
