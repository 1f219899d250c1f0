"""What a policy lets people do, as expressions; the same that the evaluator says of each person."""

from platform_core.policy.artefact import BROWSE, EVERYBODY, PolicyArtefact
from platform_core.policy.expression import AnyOf, BusinessGroup, Channel, Expression, Group, Surface

Terms = tuple[Expression, ...]
"""All of them must hold; none at all holds for everybody."""
OPENING = "open the server"


def access(artefact: PolicyArtefact) -> dict[str, Terms]:
    """What must hold for a person, by what they want to do. What is not named is open to nobody."""
    wanted = {name: rule.policy for name, rule in artefact.tools.items()}
    wanted |= {f"resource {uri}": policy for uri, policy in artefact.resources.items()}
    wanted |= {f"prompt {name}": policy for name, policy in artefact.prompts.items()}
    opening = _opening(artefact)
    return {OPENING: opening} | {what: (*opening, *_use(artefact, policy)) for what, policy in wanted.items()}


def _opening(artefact: PolicyArtefact) -> Terms:
    reach, gate = artefact.reach, artefact.gate
    channels = [_only_in(channels, surface, reach.surfaces) for surface, channels in sorted(reach.channels.items())]
    teams = [Group(group=reach.groups)] if reach.groups else []
    return (Surface(surface=reach.surfaces), *channels, *teams, *_members((*gate.business_groups, *gate.browse)))


def _only_in(channels: tuple[str, ...], surface: str, surfaces: tuple[str, ...]) -> Expression:
    """On `surface` these channels alone; on another surface this does not matter."""
    others = tuple(other for other in surfaces if other != surface)
    spoken = Channel(channel=channels)
    return AnyOf(any=(Surface(surface=others), spoken)) if others else spoken


def _use(artefact: PolicyArtefact, policy: str) -> Terms:
    gate = () if policy == BROWSE else _members(artefact.gate.business_groups)
    return (*gate, artefact.policies[policy])


def _members(groups: tuple[str, ...]) -> Terms:
    return () if EVERYBODY in groups else (BusinessGroup(business_group=groups),)
