"""A policy out of a manifest's own wish: for experiments and tests, never for a served environment."""

import time
from dataclasses import dataclass

from platform_core.layer import Layer
from platform_core.policy.artefact import PolicyArtefact, ToolRule
from platform_core.policy.standing import CALM, Standing
from platform_core.recording import Recorder, Spooling
from platform_core.registration.contract import Contract
from platform_core.registration.manifest import Manifest
from platform_core.server import Server


def draft(
    manifest: Manifest, contract: Contract, *, environment: str = "dev", version: int = 1, days: float = 14
) -> PolicyArtefact:
    """Return what the manifest proposes as a policy, unsigned: what reviews that change nothing would produce."""
    now = int(time.time())
    rules = {
        name: ToolRule(policy=tool.policy, risk=tool.risk, data_class=tool.data_class)
        for name, tool in contract.tools.items()
    }
    return PolicyArtefact(
        server=manifest.name,
        environment=environment,  # pyright: ignore[reportArgumentType]  # pydantic refuses any other
        version=version,
        issued_at=now,
        not_after=now + int(days * 86_400),
        contract_digest=contract.digest,
        reviews=(),
        reach=manifest.proposes.reach,
        gate=manifest.proposes.gate,
        policies=manifest.proposes.policies,
        tools=rules,
        resources={uri: promise.policy for uri, promise in contract.resources.items()},
        prompts={name: promise.policy for name, promise in contract.prompts.items()},
        services=tuple(wish.caller for wish in manifest.proposes.services),
        how_to_ask=manifest.how_to_ask,
    )


@dataclass(frozen=True, slots=True)
class Fixed:
    """A policy that nobody follows."""

    policy: PolicyArtefact
    standing: Standing = CALM


def unreviewed(server: Server, spool: Spooling, policy: PolicyArtefact | None = None) -> Layer:
    """The platform's layer over `server` with the manifest's own wish, or `policy`, in force for good."""
    contract = server.contract()
    recorder = Recorder(
        manifest=server.manifest, contract=contract, version=server.version, environment="dev", spool=spool
    )
    return Layer(contract=contract, in_force=Fixed(policy or draft(server.manifest, contract)), recorder=recorder)
