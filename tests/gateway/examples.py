"""Configurations compiled without a stage, and the files that show them to a reviewer.

`python -m tests.gateway.examples` writes `golden/*.json` anew after a change that was meant.
"""

import json
from pathlib import Path

from gateway.compile.bundle import Bundle, Compiler
from gateway.compile.closed import Ruling
from gateway.compile.door import Door, Issuer, Limits, Places
from gateway.compile.table import read_table
from platform_core.auth.clients import CLIENTS, Environment, Listener
from platform_core.auth.settings import ClaimNames
from platform_core.policy.artefact import PolicyArtefact
from platform_core.policy.standing import CALM, Lease, Standing
from platform_core.policy.suspend import Suspension, Suspensions
from tests.gateway.artefacts import artefact, open_to_all
from tests.gateway.wire import Json

GOLDEN = Path(__file__).parent / "golden"
NOW = 1_000
TRUST_DOMAIN = "seedbed.internal"


def example_door(environment: Environment = "production", side: Listener = "edge", port: int = 7301) -> Door:
    base = f"http://127.0.0.1:{port}"
    return Door(
        environment=environment, side=side, host="127.0.0.1", port=port if side == "edge" else port + 1,
        url=base if side == "edge" else f"https://127.0.0.1:{port + 1}", base=base, registry="http://127.0.0.1:7301",
        origins=(base,), claims=ClaimNames(), trust_domain=TRUST_DOMAIN,
        clients={
            azp: client
            for azp, client in CLIENTS.items()
            if (client.environment, client.listener) == (environment, side)
        },
    )  # fmt: skip


def example_compiler(folder: Path, *doors: Door) -> Compiler:
    return Compiler(
        doors=doors or (example_door(),),
        issuer=Issuer(
            issuer="http://127.0.0.1:1", audience="seedbed", jwks_url="http://127.0.0.1:1/jwks", jwks_seconds=60,
            max_lifetime=900, ca_bundle=folder / "ca.pem",
        ),
        limits=Limits(calls_per_second=50, burst=200),
        places=Places(run=folder / "run", xds=folder / "xds", access_log=folder / "access.log", health_seconds=2),
    )  # fmt: skip


def ruling(*policies: PolicyArtefact, standing: Standing = CALM) -> dict[str, Ruling]:
    """What holds in production."""
    return {"production": Ruling(policies={policy.server: policy for policy in policies}, standing=standing)}


def standing(*suspended: Json, lease: Lease = "fresh") -> Standing:
    entries = [Suspension.model_validate({"reason": "a leak", "by": "sam", "at": 1} | one) for one in suspended]
    return Standing(Suspensions(environment="production", version=1, issued_at=1, entries=tuple(entries)), lease)


def golden() -> dict[str, str]:
    """The example files, by name, in a form that a person can read."""
    bundle = example()
    files = {
        "lds.json": bundle.listeners,
        "cds.json": bundle.clusters,
        **{f"rds-{table.door}.json": read_table(table.content.raw) for table in bundle.tables},
    }
    return {name: json.dumps(files[name], indent=1, sort_keys=True, ensure_ascii=False) + "\n" for name in files}


def example() -> Bundle:
    """Both sides of production with everything that a policy can say, and dev with nothing in it."""
    nightly = {"tools": ["find"], "reason": "a report", "owner": "data", "expires": NOW + 1}
    everything = artefact(
        reach={
            "surfaces": ["cli", "web-chat", "chat-bot"], "groups": ["data-engineering", "platform"],
            "channels": {"chat-bot": ["C-data"]}, "discovery": "service",
        },
        services=[nightly | {"spiffe_id": f"spiffe://{TRUST_DOMAIN}/production/service/nightly"}],
    )  # fmt: skip
    policies = [everything, open_to_all(), artefact(server="over", not_after=NOW), artefact(server="shut")]
    above = standing({"server": "shut"}, {"server": "seed", "tool": "query"}, {"person": "mallory"}, lease="stale")
    doors = (example_door(), example_door(side="mesh"), example_door("dev", port=7311))
    return example_compiler(Path("/srv/seedbed"), *doors).compile(ruling(*policies, standing=above), now=NOW)


if __name__ == "__main__":
    for name, text in golden().items():
        (GOLDEN / name).write_text(text, "utf-8")
