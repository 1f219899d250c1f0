"""A policy, and the difference of two, as lines of text."""

from collections.abc import Collection, Iterator

from platform_core.policy.artefact import EVERYBODY, PolicyArtefact
from platform_core.policy.changes.rows import Row, rows
from platform_core.policy.changes.words import day, either, expression


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
        names = ", ".join(service.names)
        yield f"  service     {service.spiffe_id} on {names}, until {day(service.expires)}: {service.reason}"
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
    yield from table(rows(before, after))


def table(changed: Collection[Row]) -> Iterator[str]:
    """The rows of a change, one thing to do after the other."""
    for row in changed:
        yield f"  {row.what}"
        yield from (f"    + {line}" for line in row.gains)
        yield from (f"    - {line}" for line in row.loses)
    yield "Nobody else gains or loses anything." if changed else "Nobody gains or loses anything."
