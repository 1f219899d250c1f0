"""One server's rules: whoever passes the gate may open it, and what is sensitive opens by its own policy alone."""

from collections.abc import Mapping, Sequence
from itertools import groupby

from gateway.compile.door import Door
from gateway.compile.terms import Json, all_ids, method, naming, rule
from gateway.compile.who import admitted, holding, listed_service, on_surface
from platform_core.auth.clients import PROBE
from platform_core.policy.artefact import BROWSE, PolicyArtefact, ServiceCaller
from platform_core.policy.decide import LISTING, OPENING

READING = method(*sorted(OPENING | LISTING))


def server_rules(artefact: PolicyArtefact, services: Sequence[ServiceCaller], door: Door) -> Json:
    """The rules of a server's route, `services` being those that may call it now. What none of them names is refused.

    A tool that is not sensitive is judged by the gate alone here; its policy is applied by the server, the second lock.
    """
    full, wider = (admitted(artefact, door, browsing=browsing) for browsing in (False, True))
    plain = {name: tool.policy for name, tool in artefact.tools.items() if not tool.sensitive}
    rules = {
        "open": rule(READING, wider),
        "probe": rule(READING, on_surface([PROBE], door)),
        **_by_gate("tools", "tools/call", plain, full, wider),
        **_by_gate("prompts", "prompts/get", artefact.prompts, full, wider),
        **_resources(artefact, full, wider),
        **_sensitive(artefact, door, full, wider),
        **(_services(artefact, services) if door.meshed else {}),
    }
    return {"action": "ALLOW", "policies": {f"{artefact.server}/{name}": rules[name] for name in sorted(rules)}}


def _by_gate(label: str, called: str, policy_of: Mapping[str, str], full: Json, wider: Json) -> dict[str, Json]:
    """One rule for what the wider list opens too, one for the rest."""
    browsed = [name for name, policy in policy_of.items() if policy == BROWSE]
    others = [name for name, policy in policy_of.items() if policy != BROWSE]
    found = ((label, others, full), (f"{label}-browse", browsed, wider))
    return {name: rule(naming(called, names), who) for name, names, who in found if names}


def _sensitive(artefact: PolicyArtefact, door: Door, full: Json, wider: Json) -> dict[str, Json]:
    """One rule for each policy that sensitive tools have."""
    policy_of = {name: tool.policy for name, tool in artefact.tools.items() if tool.sensitive}
    rules: dict[str, Json] = {}
    for policy, names in groupby(sorted(policy_of, key=policy_of.__getitem__), key=policy_of.__getitem__):
        who = all_ids(wider if policy == BROWSE else full, holding(artefact.policies[policy], door))
        rules[f"sensitive/{policy}"] = rule(naming("tools/call", names), who)
    return rules


def _resources(artefact: PolicyArtefact, full: Json, wider: Json) -> dict[str, Json]:
    # A resource is named by a URI that may be a template: the server tells them apart.
    if not artefact.resources:
        return {}
    who = wider if BROWSE in artefact.resources.values() else full
    return {"resources": rule(method("resources/read"), who)}


def _services(artefact: PolicyArtefact, services: Sequence[ServiceCaller]) -> dict[str, Json]:
    """What each listed service may use without a person, and whether it may look."""
    rules: dict[str, Json] = {}
    for number, service in enumerate(services):
        who = listed_service(service)
        if service.tools:
            rules[f"service-{number}"] = rule(naming("tools/call", service.tools), who)
        if service.resources:  # which of them, the server tells: see _resources
            rules[f"service-{number}-resources"] = rule(method("resources/read"), who)
        if artefact.reach.discovery == "service":
            rules[f"service-{number}-look"] = rule(READING, who)
    return rules
