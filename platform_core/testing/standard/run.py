"""Holds a server to the standard, by what it registers or by its code."""

import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from platform_core.auth.clients import PROBE
from platform_core.auth.principal import Principal
from platform_core.registration.contract import Registration
from platform_core.server import Server
from platform_core.testing.approving import desk_in
from platform_core.testing.connect import connect_as
from platform_core.testing.standard.clauses import CLAUSES
from platform_core.testing.standard.finding import Clause, Fault, Finding, Written

_A_MOMENT = 60.0


def findings_of_registration(said: Registration) -> list[Finding]:
    """What a registration alone gives away; clauses that need the code are not looked at."""
    return [
        finding
        for clause in CLAUSES
        if clause.of_registration
        for finding in _findings(clause, said, clause.of_registration(said))
    ]


async def findings_of_server(server: Server) -> list[Finding]:
    """Every clause that a program can check. Raises `WiringError` for a server that would not start at all."""
    written = await as_written(server)
    return findings_of_registration(written.registration) + findings_of_code(written)


def findings_of_code(written: Written) -> list[Finding]:
    """The clauses that need the code."""
    return [
        finding
        for clause in CLAUSES
        if clause.of_code
        for finding in _findings(clause, written.registration, clause.of_code(written))
    ]


async def as_written(server: Server) -> Written:
    """Ask the server, in memory, what it lists to somebody who sees everything."""
    said = Registration(manifest=server.manifest, contract=server.contract(), version=server.version)
    probe = Principal(
        subject=PROBE, employment="service", client=PROBE, surface=PROBE, expires_at=time.time() + _A_MOMENT
    )
    with tempfile.TemporaryDirectory() as folder:
        desk = desk_in(Path(folder), server) if server.asks else None
        async with connect_as(server, probe, desk=desk) as visit:
            listed = (await visit.list_tools()).tools
    return Written(registration=said, listed=listed, functions=server.functions)


def _findings(clause: Clause, said: Registration, faults: Iterable[Fault]) -> Iterator[Finding]:
    manifest = said.manifest
    for fault in faults:
        who = fault.who or f"its owner: {manifest.how_to_ask}"
        yield Finding(clause=clause.id, server=manifest.name, what=fault.what, who=who, how=fault.how)
