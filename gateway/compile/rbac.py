"""One server's rules: whoever passes the gate may open it, and what is sensitive opens by its own policy alone."""

from collections.abc import Iterable, Mapping
from itertools import groupby

from gateway.compile.terms import MCP, Json, all_ids, extension, metadata, one_of
from gateway.compile.who import Clients, admitted, holding, using
from platform_core.auth.clients import PROBE
from platform_core.policy.artefact import BROWSE, PolicyArtefact
from platform_core.policy.decide import LISTING, OPENING


def server_rules(artefact: PolicyArtefact, clients: Clients) -> Json:
    """The rules of a server's route. What none of them names is refused.

    A tool that is not sensitive is judged by the gate alone here; its policy is applied by the server, the second lock.
    """
    reading = _method(*sorted(OPENING | LISTING))
    full, wider = (admitted(artefact, clients, browsing=browsing) for browsing in (False, True))
    plain = {name: tool.policy for name, tool in artefact.tools.items() if not tool.sensitive}
    rules = {
        "open": _rule(reading, wider),
        "probe": _rule(reading, using({PROBE} & clients.keys())),
        **_by_gate("tools", "tools/call", plain, full, wider),
        **_by_gate("prompts", "prompts/get", artefact.prompts, full, wider),
        **_resources(artefact, full, wider),
        **_sensitive(artefact, clients, full, wider),
    }
    return {"action": "ALLOW", "policies": {f"{artefact.server}/{name}": rules[name] for name in sorted(rules)}}


def per_route(rules: Json | None = None, **options: bool) -> Json:
    """What a route or a virtual host asks of an RBAC filter; without rules the filter is off there."""
    return extension("filters.http.rbac.v3.RBACPerRoute", **({"rbac": {"rules": rules, **options}} if rules else {}))


def _by_gate(label: str, method: str, policy_of: Mapping[str, str], full: Json, wider: Json) -> dict[str, Json]:
    """One rule for what the wider list opens too, one for the rest."""
    browsed = [name for name, policy in policy_of.items() if policy == BROWSE]
    others = [name for name, policy in policy_of.items() if policy != BROWSE]
    found = ((label, others, full), (f"{label}-browse", browsed, wider))
    return {name: _rule(_naming(method, names), who) for name, names, who in found if names}


def _sensitive(artefact: PolicyArtefact, clients: Clients, full: Json, wider: Json) -> dict[str, Json]:
    """One rule for each policy that sensitive tools have."""
    policy_of = {name: tool.policy for name, tool in artefact.tools.items() if tool.sensitive}
    rules: dict[str, Json] = {}
    for policy, names in groupby(sorted(policy_of, key=policy_of.__getitem__), key=policy_of.__getitem__):
        who = all_ids(wider if policy == BROWSE else full, holding(artefact.policies[policy], clients))
        rules[f"sensitive/{policy}"] = _rule(_naming("tools/call", names), who)
    return rules


def _resources(artefact: PolicyArtefact, full: Json, wider: Json) -> dict[str, Json]:
    # A resource is named by a URI that may be a template: the server tells them apart.
    if not artefact.resources:
        return {}
    who = wider if BROWSE in artefact.resources.values() else full
    return {"resources": _rule(_method("resources/read"), who)}


def _rule(permission: Json, who: Json) -> Json:
    return {"permissions": [permission], "principals": [who]}


def _method(*names: str) -> Json:
    return metadata(MCP, ("method",), one_of(names))


def _naming(method: str, names: Iterable[str]) -> Json:
    return {"and_rules": {"rules": [_method(method), metadata(MCP, ("params", "name"), one_of(sorted(names)))]}}
