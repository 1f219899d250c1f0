"""One server's rules: whoever passes the gate may open it, and every sensitive tool has a rule of its own."""

from collections.abc import Iterable, Mapping

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
    rules = {
        "open": _rule(reading, admitted(artefact, clients, {BROWSE})),
        "probe": _rule(reading, using({PROBE} & clients.keys())),
        **_plain_tools(artefact, clients),
        **_sensitive_tools(artefact, clients),
        **_prompts(artefact, clients),
        **_resources(artefact, clients),
    }
    return {"action": "ALLOW", "policies": {f"{artefact.server}/{name}": rules[name] for name in sorted(rules)}}


def per_route(rules: Json | None = None, **options: bool) -> Json:
    """What a route or a virtual host asks of an RBAC filter; without rules the filter is off there."""
    return extension("filters.http.rbac.v3.RBACPerRoute", **({"rbac": {"rules": rules, **options}} if rules else {}))


def _plain_tools(artefact: PolicyArtefact, clients: Clients) -> dict[str, Json]:
    plain = {name: tool.policy for name, tool in artefact.tools.items() if not tool.sensitive}
    return _by_gate("tools", "tools/call", plain, artefact, clients)


def _prompts(artefact: PolicyArtefact, clients: Clients) -> dict[str, Json]:
    return _by_gate("prompts", "prompts/get", artefact.prompts, artefact, clients)


def _by_gate(
    label: str, method: str, named: Mapping[str, str], artefact: PolicyArtefact, clients: Clients
) -> dict[str, Json]:
    """One rule for what the wider list opens too, one for the rest."""
    rules: dict[str, Json] = {}
    for suffix, names in (
        ("", [name for name, policy in named.items() if policy != BROWSE]),
        ("-browse", [name for name, policy in named.items() if policy == BROWSE]),
    ):
        if names:
            who = admitted(artefact, clients, {named[name] for name in names})
            rules[f"{label}{suffix}"] = _rule(_naming(method, names), who)
    return rules


def _sensitive_tools(artefact: PolicyArtefact, clients: Clients) -> dict[str, Json]:
    rules: dict[str, Json] = {}
    for name, tool in artefact.tools.items():
        if tool.sensitive:
            through, meant = (
                admitted(artefact, clients, {tool.policy}),
                holding(artefact.policies[tool.policy], clients),
            )
            rules[f"tool/{name}"] = _rule(_naming("tools/call", [name]), all_ids(through, meant))
    return rules


def _resources(artefact: PolicyArtefact, clients: Clients) -> dict[str, Json]:
    # A resource is named by a URI that may be a template: the server tells them apart.
    if not artefact.resources:
        return {}
    return {"resources": _rule(_method("resources/read"), admitted(artefact, clients, artefact.resources.values()))}


def _rule(permission: Json, who: Json) -> Json:
    return {"permissions": [permission], "principals": [who]}


def _method(*names: str) -> Json:
    return metadata(MCP, ("method",), one_of(names))


def _naming(method: str, names: Iterable[str]) -> Json:
    return {"and_rules": {"rules": [_method(method), metadata(MCP, ("params", "name"), one_of(sorted(names)))]}}
