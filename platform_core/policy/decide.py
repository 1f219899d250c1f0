"""The only evaluator: servers, the registry's catalogue and its pre-flight all ask this one function."""

import re
from functools import lru_cache

import msgspec

from platform_core.auth.clients import PROBE
from platform_core.auth.principal import Principal
from platform_core.policy.artefact import BROWSE, EVERYBODY, PolicyArtefact

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


def decide(artefact: PolicyArtefact, who: Principal, target: Target, *, now: float) -> Decision:
    """Say whether `who` may do `target` on the artefact's server at `now` (seconds since the epoch). Default: no."""
    server = artefact.server
    if now >= artefact.not_after:
        return Decision(False, f"{server}/expired", "the server's policy has expired")
    if now >= who.expires_at:
        return Decision(False, f"{server}/token", "the token has expired")
    if sees_everything(who):
        return _probe(server, target)
    if who.surface not in artefact.reach.surfaces:
        return Decision(False, f"{server}/surface", f"{server} is not open on the surface {who.surface}")
    return _through_the_gate(artefact, who, target)


def sees_everything(who: Principal) -> bool:
    """Whether lists are shown to `who` whole: to the probe alone, which may call nothing of what it sees."""
    return who.client == PROBE


def _probe(server: str, target: Target) -> Decision:
    allow = target.method in OPENING or target.method in LISTING
    return Decision(allow, f"{server}/probe", "the probe may list everything and call nothing")


def _through_the_gate(artefact: PolicyArtefact, who: Principal, target: Target) -> Decision:
    server = artefact.server
    full = _member(who, artefact.gate.business_groups)
    if not full and not _member(who, artefact.gate.browse):
        return Decision(
            False, f"{server}/gate", f"{server} is open to reviewed business groups, and you are in none of them"
        )
    if target.method in OPENING or target.method in LISTING:
        return Decision(True, f"{server}/gate", "may open the server")
    policy = _policy_of(artefact, target)
    if policy is None:
        return Decision(False, f"{server}/default-deny", f"no reviewed rule of {server} covers this request")
    if not full and policy != BROWSE:
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
    found = {policy for template, policy in artefact.resources.items() if _pattern(template).fullmatch(uri)}
    return found.pop() if len(found) == 1 else None


@lru_cache(maxsize=1024)
def _pattern(template: str) -> re.Pattern[str]:
    """A URI template, of which `{name}` stands for one part without a slash; without any it fits itself alone."""
    parts = re.split(r"(\{\w+\})", template)
    return re.compile("".join("[^/]+" if part.startswith("{") else re.escape(part) for part in parts))
