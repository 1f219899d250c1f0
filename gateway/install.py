"""Put a configuration in force: whole files, in the order in which no caller falls between, or everything as before."""

import json
import logging
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from gateway.admin import Admin, AdminGone
from gateway.compile.bundle import Bundle
from gateway.compile.content import Content
from gateway.compile.terms import Json
from gateway.validate import Validation

LISTENERS, CLUSTERS = "lds.json", "cds.json"
PATIENCE = 10.0
"""Seconds within which Envoy says whether it takes a file."""
WARM_UP = 2.0
"""Seconds that a new server's first health check may take before its route is opened all the same."""

log = logging.getLogger(__name__)


class Rejected(Exception):
    """Envoy refused a file; what was there before is there again."""


class Installer:
    """Writes the files that one Envoy reads, and believes only Envoy's own counters."""

    def __init__(self, xds: Path, admin: Admin, *, check: Callable[[Bundle], None] | None = None) -> None:
        self._xds, self._admin, self._check = xds, admin, check or Validation()
        xds.mkdir(parents=True, exist_ok=True, mode=0o700)

    def install(self, bundle: Bundle) -> bool:
        """Put `bundle` in force, and return whether every door is open too: one that is not holds up no policy.

        Raises `Unfit` or `Rejected`, and then the configuration is the one before.
        """
        self._check(bundle)
        self._put(self._steps(bundle))
        try:
            # A listener comes after its route table, without which Envoy does not open it.
            self._put([(LISTENERS, Content.of(bundle.listeners))])
        except Rejected as error:
            log.error("the doors stay as they were: %s", error)
            return False
        return True

    def _put(self, steps: Iterable[tuple[str, Content]]) -> None:
        before: dict[Path, bytes | None] = {}
        try:
            for name, content in steps:
                self._replace(self._xds / name, content, before)
        except (Rejected, OSError):
            for path, old in reversed(before.items()):
                _put_back(path, old)
            raise

    def _steps(self, bundle: Bundle) -> Iterator[tuple[str, Content]]:
        """A server's cluster comes before its route and goes after it."""
        leaving = self._leaving(bundle)
        yield CLUSTERS, Content.of((*bundle.clusters, *leaving))
        yield from ((f"rds-{table.door}.pb", table.content) for table in bundle.tables)
        if leaving:
            yield CLUSTERS, Content.of(bundle.clusters)

    def _leaving(self, bundle: Bundle) -> list[Json]:
        staying = {cluster["name"] for cluster in bundle.clusters}
        try:
            present: Json = json.loads((self._xds / CLUSTERS).read_bytes())
        except (FileNotFoundError, json.JSONDecodeError):
            return []
        return [cluster for cluster in present["resources"] if cluster["name"] not in staying]

    def _replace(self, path: Path, new: Content, before: dict[Path, bytes | None]) -> None:
        old = _read(path)
        if old == new.raw:
            return
        before.setdefault(path, old)
        refused = self._counted(path.name).get("update_rejected")
        write(path, new.raw)
        if refused is not None:
            self._confirm(path.name, new.version, int(refused))

    def _confirm(self, name: str, wanted: str, refused: int) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            counted = self._counted(name)
            if not counted:
                return None  # it has ended meanwhile
            if counted.get("version_text") == wanted:
                return self._wait_warm() if name == CLUSTERS else None
            if int(counted.get("update_rejected", 0)) > refused:
                raise Rejected(f"Envoy refused {name}; its log says why")
            time.sleep(0.002)
        log.warning("Envoy has not said within %g s whether it takes %s", PATIENCE, name)

    def _wait_warm(self) -> None:
        deadline = time.monotonic() + WARM_UP
        while self._stats("^cluster_manager.warming_clusters$").get("cluster_manager.warming_clusters", "0") != "0":
            if time.monotonic() > deadline:
                return
            time.sleep(0.002)

    def _counted(self, name: str) -> dict[str, str]:
        """Envoy's account of one file; empty when it does not run (it will read the file when it starts)."""
        prefix = _prefix(name)
        found = self._stats(rf"^{re.escape(prefix)}\.(update_rejected|version_text)$")
        return {key.removeprefix(f"{prefix}."): value for key, value in found.items()}

    def _stats(self, pattern: str) -> dict[str, str]:
        try:
            return self._admin.stats(pattern)
        except AdminGone:
            return {}


def write(path: Path, content: bytes) -> None:
    """Replace `path` in one step: Envoy wakes on the rename and never reads half a file."""
    fresh = path.with_name(f".{path.name}.new")
    with open(fresh, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)


def _put_back(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
    else:
        write(path, content)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _prefix(name: str) -> str:
    match name:
        case "lds.json":
            return "listener_manager.lds"
        case "cds.json":
            return "cluster_manager.cds"
        case _:
            table = name.removeprefix("rds-").removesuffix(".pb")
            return f"http.{table}.rds.{table}"
