"""`python -m platform_core.testing.standard PACKAGE...`: what is found of each server as JSON, for `seedbed check`."""

import asyncio
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from pydantic import TypeAdapter

from platform_core.errors import WiringError
from platform_core.registration.manifest import read_manifest
from platform_core.testing.standard.finding import Finding
from platform_core.testing.standard.run import findings_of_server

LOADS = "MCP-FACTS-2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What was found of one server."""

    package: str
    findings: list[Finding]
    failure: str = ""
    """Why its code can't be loaded: the last line that it wrote."""


_FINDINGS = TypeAdapter(list[Finding])
_JUDGED = TypeAdapter(list[Judged])


def main() -> None:
    """Print what is found of each server that is named."""
    with tempfile.TemporaryDirectory() as folder:
        print(_JUDGED.dump_json(list(judged(sys.argv[1:], Path(folder)))).decode())


def judged(packages: Sequence[str], folder: Path) -> Iterator[Judged]:
    """Each in a process of its own, all at once; forked, because to load the core takes longer than to judge."""
    forking = multiprocessing.get_context("fork")
    started = [(package, forking.Process(target=_judge, args=(package, folder))) for package in packages]
    for _, process in started:
        process.start()
    for package, process in started:
        process.join()
        if process.exitcode == 0:
            yield Judged(package=package, findings=_FINDINGS.validate_json((folder / package).read_bytes()))
        else:
            said = _said(folder, package).read_text("utf-8", "replace").strip().splitlines()
            yield Judged(package=package, findings=[], failure=(said or ["it ended without a word"])[-1])


def findings(package: str) -> list[Finding]:
    """Every clause that the server in `package` does not keep; of one that refuses to start, why."""
    try:
        return asyncio.run(findings_of_server(import_module(f"{package}.server").server))
    except WiringError as error:
        what, _, how = str(error).partition(": ")
        clause = error.clause or LOADS
        name, who = _answers_for(package)
        return [Finding(clause=clause, server=name, what=what, who=who, how=how)]


def _judge(package: str, folder: Path) -> None:
    """Write what is found to a file, and to another whatever the server's code says meanwhile."""
    said = os.open(_said(folder, package), os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    os.dup2(said, 1)
    os.dup2(said, 2)
    (folder / package).write_bytes(_FINDINGS.dump_json(findings(package)))


def _said(folder: Path, package: str) -> Path:
    return folder / f"{package}.said"


def _answers_for(package: str) -> tuple[str, str]:
    """The server's name and who can mend it."""
    try:
        manifest = read_manifest(package)
    except WiringError:
        return package.rpartition(".")[2], "its author"
    return manifest.name, f"its owner: {manifest.how_to_ask}"


if __name__ == "__main__":
    main()
