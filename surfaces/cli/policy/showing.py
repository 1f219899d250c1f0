"""A policy, and the difference of two, as lines of text."""

from collections.abc import Iterator

from platform_core.policy.artefact import EVERYBODY, PolicyArtefact
from surfaces.cli.policy.difference import TooIntricate, difference
from surfaces.cli.policy.words import callers, day, either, expression


def policy(artefact: PolicyArtefact, *, signed_by: str, in_force: bool) -> Iterator[str]:
    """What the policy says."""
    state = "in force" if in_force else "not in force"
    yield f"{artefact.server} in {artefact.environment}, policy version {artefact.version}, {state}"
    yield f"  signed by   {signed_by}, {day(artefact.issued_at)} to {day(artefact.not_after)}"
    yield f"  contract    {artefact.contract_digest}"
    yield from (f"  reviewed    {review.kind} by {review.reviewer}, {review.ticket}" for review in artefact.reviews)
    yield from _reach(artefact)
    yield "  policies"
    yield from (f"    {name:16} {expression(term)}" for name, term in sorted(artefact.policies.items()))
    yield "  tools"
    yield from (
        f"    {name:24} policy {rule.policy:16} {rule.risk}, {rule.data_class}" for name, rule in artefact.tools.items()
    )
    yield from (f"    resource {uri}  policy {name}" for uri, name in artefact.resources.items())
    yield from (f"    prompt {prompt}  policy {name}" for prompt, name in artefact.prompts.items())
    for service in artefact.services:
        tools = ", ".join(service.tools)
        yield f"  service     {service.spiffe_id} on {tools}, until {day(service.expires)}: {service.reason}"
    yield f"  to get it   {artefact.how_to_ask}"


def _reach(artefact: PolicyArtefact) -> Iterator[str]:
    reach, gate = artefact.reach, artefact.gate
    yield f"  surfaces    {', '.join(reach.surfaces)}"
    yield from (f"  channels    {name}: {', '.join(channels)}" for name, channels in sorted(reach.channels.items()))
    if reach.groups:
        yield f"  teams       only group {either(reach.groups)}"
    yield f"  gate        {_members(gate.business_groups)}"
    if gate.browse:
        yield f"  browsing    {_members(gate.browse)} too, for tools of policy browse"
    yield f"  discovery   {'a person, or a listed service' if reach.discovery == 'service' else 'a person'}"


def _members(groups: tuple[str, ...]) -> str:
    return "everybody with an account" if EVERYBODY in groups else f"business group {either(groups)}"


def changes(before: PolicyArtefact, after: PolicyArtefact) -> Iterator[str]:
    """Who gains and who loses, by what they want to do."""
    yield f"{after.server} in {after.environment}: version {before.version} to {after.version}"
    found = False
    try:
        by_target = difference(before, after)
    except TooIntricate:
        yield "  The change is too intricate for words; `seedbed policy simulate` answers for one caller."
        return
    for what, change in by_target.items():
        found = True
        yield f"  {what}"
        yield from (f"    + {line}" for line in callers(change.gains))
        yield from (f"    - {line}" for line in callers(change.loses))
    for line in _services(before, after):
        found = True
        yield line
    yield "Nobody else gains or loses anything." if found else "Nobody gains or loses anything."


def _services(before: PolicyArtefact, after: PolicyArtefact) -> Iterator[str]:
    was, is_now = _grants(before), _grants(after)
    for grant in sorted(was.keys() | is_now.keys()):
        old, new = was.get(grant), is_now.get(grant)
        if old != new:
            yield f"  service {grant[0]} on {grant[1]}"
            yield f"    {'+' if new and new > (old or 0) else '-'} {f'until {day(new)}' if new else 'removed'}"
    if before.reach.discovery != after.reach.discovery:
        yield "  open and list the server"
        yield f"    {'+' if after.reach.discovery == 'service' else '-'} listed services, without a person"


def _grants(artefact: PolicyArtefact) -> dict[tuple[str, str], int]:
    """Until when each service may call each tool."""
    grants: dict[tuple[str, str], int] = {}
    for service in artefact.services:
        for tool in service.tools:
            key = (service.spiffe_id, tool)
            grants[key] = max(service.expires, grants.get(key, 0))
    return grants
