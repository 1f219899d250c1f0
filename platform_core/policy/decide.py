"""The only evaluator: servers, the registry's catalogue and its pre-flight all ask this one function."""

import msgspec

from platform_core.auth.clients import PROBE
from platform_core.auth.principal import Principal
from platform_core.policy.artefact import BROWSE, EVERYBODY, PolicyArtefact
from platform_core.policy.standing import CALM, Standing
from platform_core.policy.templates import fits

OPENING = frozenset({"initialize", "notifications/initialized", "server/discover", "ping"})
"""Methods that open a server without naming anything in it."""

LISTING = frozenset({"tools/list", "resources/list", "resources/templates/list", "prompts/list"})
"""Methods whose answer is filtered down to what the caller may call."""


class Target(msgspec.Struct, frozen=True):
    """What a request is for: an MCP method and, where it has one, the tool, prompt or resource it names."""

    method: str
    name: str | None = None


class Decision(msgspec.Struct, frozen=True):
    """A verdict, the rule that gave it and a reason that names no group."""

    allow: bool
    rule: str
    reason: str


def decide(
    artefact: PolicyArtefact, who: Principal, target: Target, *, now: float, standing: Standing = CALM
) -> Decision:
    """Say whether `who` may do `target` on the artefact's server at `now` (seconds since the epoch). Default: no."""
    admitted = admit(artefact, who, now=now, standing=standing)
    if not admitted.allow:
        return admitted
    if sees_everything(who):
        return _probe(artefact.server, target)
    if who.kind == "service":
        return _of_service(artefact, who, target, standing, now)
    if target.method in OPENING or target.method in LISTING:
        return admitted
    return _by_policy(artefact, who, target, standing)


def admit(artefact: PolicyArtefact, who: Principal, *, now: float, standing: Standing = CALM) -> Decision:
    """Say whether `who` may come to the server at all, whatever they want there."""
    server = artefact.server
    if now >= artefact.not_after:
        return Decision(False, f"{server}/expired", "the server's policy has expired")
    if standing.lease == "lapsed":
        return Decision(False, f"{server}/lease", "the registry has not been heard for too long; everything is closed")
    if (closed := _suspended(standing, server, None, who.subject)) is not None:
        return closed
    if now >= who.expires_at:
        return Decision(False, f"{server}/token", "the token has expired")
    if sees_everything(who):
        return Decision(True, f"{server}/probe", "the probe may look")
    return _as_listed(artefact, who, now) if who.kind == "service" else _as_person(artefact, who)


def sees_everything(who: Principal) -> bool:
    """Whether lists are shown to `who` whole: to the probe alone, which may call nothing of what it sees."""
    return who.surface == PROBE


def _suspended(
    standing: Standing, server: str, tool: str | None, person: str, *, text: str | None = None
) -> Decision | None:
    found = standing.suspensions and standing.suspensions.closing(server, tool, person, text=text)
    if not found:
        return None
    what = f"{found.within} of {found.server}" if found.within else found.server or "your access"
    return Decision(False, f"{server}/suspended", f"{what} is suspended: {found.reason}")


def _probe(server: str, target: Target) -> Decision:
    allow = target.method in OPENING or target.method in LISTING
    return Decision(allow, f"{server}/probe", "the probe may list everything and call nothing")


def _as_listed(artefact: PolicyArtefact, who: Principal, now: float) -> Decision:
    server = artefact.server
    entries = [entry for entry in artefact.services if entry.spiffe_id == who.workload]
    if not entries:
        return Decision(False, f"{server}/service", f"this service is not listed to call {server} without a person")
    if all(now >= entry.expires for entry in entries):
        return Decision(False, f"{server}/service-expired", f"what this service may do on {server} has expired")
    return Decision(True, f"{server}/service", "a listed service")


def _as_person(artefact: PolicyArtefact, who: Principal) -> Decision:
    server, reach = artefact.server, artefact.reach
    if who.surface not in reach.surfaces:
        return Decision(False, f"{server}/surface", f"{server} is not open on the surface {who.surface}")
    if who.surface in reach.channels and who.channel not in reach.channels[who.surface]:
        return Decision(False, f"{server}/channel", f"{server} is not open in this channel of {who.surface}")
    if reach.groups and who.groups.isdisjoint(reach.groups):
        return Decision(False, f"{server}/reach", f"{server} is open to some teams, and you are in none of them")
    if _member(who, artefact.gate.business_groups) or _member(who, artefact.gate.browse):
        return Decision(True, f"{server}/gate", "may open the server")
    return Decision(
        False, f"{server}/gate", f"{server} is open to reviewed business groups, and you are in none of them"
    )


def _of_service(artefact: PolicyArtefact, who: Principal, target: Target, standing: Standing, now: float) -> Decision:
    server = artefact.server
    if target.method in OPENING or target.method in LISTING:
        allow = artefact.reach.discovery == "service"
        return Decision(allow, f"{server}/discovery", f"{server} {'may' if allow else 'may not'} be seen by services")
    nothing = Decision(False, f"{server}/default-deny", "a service may use what is listed for it and nothing else")
    mine = [entry for entry in artefact.services if entry.spiffe_id == who.workload and now < entry.expires]
    if target.name is None or target.method not in ("tools/call", "resources/read"):
        return nothing
    if target.method == "resources/read":
        listed = any(target.name in entry.resources for entry in mine)
        return Decision(True, f"{server}/service", f"{target.name} is listed for this service") if listed else nothing
    if (closed := _suspended(standing, server, target.name, who.subject)) is not None:
        return closed
    allow = any(target.name in entry.tools for entry in mine)
    return Decision(allow, f"{server}/service", f"{target.name} is {'' if allow else 'not '}listed for this service")


def _by_policy(artefact: PolicyArtefact, who: Principal, target: Target, standing: Standing) -> Decision:
    server, tool = artefact.server, target.name if target.method == "tools/call" else None
    text = target.name if target.method in ("resources/read", "prompts/get") else None
    if (closed := _suspended(standing, server, tool, who.subject, text=text)) is not None:
        return closed
    policy = _policy_of(artefact, target)
    if policy is None:
        return Decision(False, f"{server}/default-deny", f"no reviewed rule of {server} covers this request")
    if standing.lease == "stale" and tool is not None and artefact.tools[tool].sensitive:
        return Decision(
            False, f"{server}/lease", "the registry has not been heard for long; sensitive tools are closed"
        )
    if policy != BROWSE and not _member(who, artefact.gate.business_groups):
        return Decision(False, f"{server}/gate", f"you may browse {server}; this needs one of its business groups")
    if artefact.policies[policy].holds(who):
        return Decision(True, f"{server}/{policy}", f"policy {policy} holds")
    return Decision(False, f"{server}/{policy}", f"policy {policy} of {server} does not hold for you")


def _member(who: Principal, groups: tuple[str, ...]) -> bool:
    return EVERYBODY in groups or not who.business_groups.isdisjoint(groups)


def _policy_of(artefact: PolicyArtefact, target: Target) -> str | None:
    if target.name is None:
        return None
    match target.method:
        case "tools/call":
            rule = artefact.tools.get(target.name)
            return rule.policy if rule else None
        case "resources/read":
            return artefact.resources.get(target.name) or _policy_of_template(artefact, target.name)
        case "prompts/get":
            return artefact.prompts.get(target.name)
        case _:
            return None


def _policy_of_template(artefact: PolicyArtefact, uri: str) -> str | None:
    """The policy of the one template that `uri` fits; of none where several with different policies claim it."""
    found = {policy for template, policy in artefact.resources.items() if fits(template, uri)}
    return found.pop() if len(found) == 1 else None
