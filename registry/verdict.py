"""May this person, here, now: the core's evaluator, behind the few things that only the registry knows."""

from platform_core.auth.principal import Principal
from platform_core.policy.decide import Decision, Target, decide
from platform_core.policy.standing import Standing as Above
from registry.store.standing import Standing

OPEN = Target("server/discover")
"""To open a server without naming anything in it."""


def call(tool: str) -> Target:
    return Target("tools/call", tool)


def verdict(standing: Standing, who: Principal, target: Target, *, now: float) -> Decision:
    """Say whether `who` may do `target` on the server as it stands."""
    server = standing.name
    if standing.withdrawn:
        return Decision(False, f"{server}/withdrawn", f"{server} has been taken down")
    if standing.artefact is None:
        return Decision(False, f"{server}/no-policy", f"{server} has no signed policy in force yet")
    if standing.artefact.contract_digest != standing.contract_digest:
        return Decision(False, f"{server}/contract", f"{server} has changed what it promises since its policy was made")
    return decide(standing.artefact, who, target, now=now, standing=Above(standing.closed))


def usable_tools(standing: Standing, who: Principal, *, now: float) -> list[str]:
    """The tools that `who` may call, in the server's own order."""
    return [tool for tool in standing.contract.tools if verdict(standing, who, call(tool), now=now).allow]


def how_to_ask(standing: Standing) -> str:
    """Whom a person asks: the reviewed line where there is one, else the owner's."""
    return standing.artefact.how_to_ask if standing.artefact else standing.manifest.how_to_ask
