"""Configurations compiled without a stage, and the files that show them to a reviewer.

`python -m tests.gateway.examples` writes `golden/*.json` anew after a change that was meant.
"""

import json
from pathlib import Path

from gateway.compile.bundle import Compiler
from gateway.compile.door import Door, Issuer, Limits, Places
from platform_core.auth.clients import SURFACES
from tests.gateway.artefacts import artefact, open_to_all

GOLDEN = Path(__file__).parent / "golden"
NOW = 1_000


def example_compiler(folder: Path, port: int) -> Compiler:
    base = f"http://127.0.0.1:{port}"
    return Compiler(
        door=Door(environment="production", host="127.0.0.1", port=port, base=base, origins=(base,), clients=SURFACES),
        issuer=Issuer(
            issuer="http://127.0.0.1:1", audience="seedbed", jwks_url="http://127.0.0.1:1/jwks", jwks_seconds=60,
            max_lifetime=900, ca_bundle=folder / "ca.pem",
        ),
        limits=Limits(calls_per_second=50, burst=200),
        places=Places(run=folder / "run", xds=folder / "xds", access_log=folder / "access.log", health_seconds=2),
    )  # fmt: skip


def golden() -> dict[str, str]:
    """The example files, by name, in a form that a person can read."""
    policies = [artefact(), open_to_all(), artefact(server="over", not_after=NOW)]
    bundle = example_compiler(Path("/srv/seedbed"), 7301).compile({p.server: p for p in policies}, now=NOW)
    return {
        name: json.dumps(bundle.files[name], indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        for name in bundle.files
    }


if __name__ == "__main__":
    for name, text in golden().items():
        (GOLDEN / name).write_text(text, "utf-8")
