"""Who a rule means, as RBAC principals: the expression language, the gate and the reach."""

from collections.abc import Iterable

from gateway.compile.door import Door
from gateway.compile.terms import (
    ANYBODY,
    CHANNEL,
    HAS_TOKEN,
    NOBODY,
    Json,
    all_ids,
    any_id,
    claim,
    header,
    is_not,
    one_of,
    workload,
)
from platform_core.auth.clients import PROBE
from platform_core.policy.artefact import EVERYBODY, PolicyArtefact, ServiceCaller
from platform_core.policy.expression import (
    AllOf,
    AnyOf,
    BusinessGroup,
    Channel,
    Employment,
    Expression,
    Group,
    Not,
    Role,
    Surface,
)


def holding(expression: Expression, door: Door) -> Json:
    """Everybody for whom `expression` holds."""
    match expression:
        case Group(group=names):
            return _listed(door.claims.groups, names)
        case BusinessGroup(business_group=names):
            return _listed(door.claims.business_groups, names)
        case Role(role=names):
            return _listed(door.claims.roles, names)
        case Employment(employment=kinds):
            return claim(door.claims.employment, one_of(kinds))
        case Surface(surface=names):
            return on_surface(names, door)
        case Channel(channel=names):
            return _speaking_in(names)
        case AnyOf(any=terms):
            return any_id(*(holding(term, door) for term in terms))
        case AllOf(all=terms):
            return all_ids(*(holding(term, door) for term in terms))
        case Not(negated=term):
            return is_not(holding(term, door))


def using(clients: Iterable[str], door: Door) -> Json:
    """Everybody whose token was issued to one of these OAuth clients."""
    names = sorted(clients)
    return claim(door.claims.client, one_of(names)) if names else NOBODY


def on_surface(surfaces: Iterable[str], door: Door) -> Json:
    """Everybody who comes from one of these surfaces through this door."""
    wanted = set(surfaces)
    return using((azp for azp, client in door.clients.items() if client.surface in wanted), door)


def admitted(artefact: PolicyArtefact, door: Door, *, browsing: bool) -> Json:
    """Everybody whom reach and gate let in: by the wider list too when `browsing`. The probe has a rule of its own."""
    gate, groups = artefact.gate, artefact.reach.groups
    teams = [_listed(door.claims.groups, groups)] if groups else []
    members = _members((*gate.business_groups, *(gate.browse if browsing else ())), door)
    return all_ids(_reaching(artefact, door), *teams, members)


def listed_service(service: ServiceCaller) -> Json:
    """A service in its own name. With a token it would speak for a person, and is none."""
    return all_ids(workload(service.spiffe_id), is_not(HAS_TOKEN))


def _reaching(artefact: PolicyArtefact, door: Door) -> Json:
    """Coming from an open surface: anywhere there, or in the channels in which alone it is open."""
    channels = artefact.reach.channels
    anywhere = [surface for surface in artefact.reach.surfaces if surface not in channels and surface != PROBE]
    bound = [all_ids(on_surface([name], door), _speaking_in(channels[name])) for name in sorted(channels)]
    return any_id(on_surface(anywhere, door), *bound)


def _speaking_in(channels: Iterable[str]) -> Json:
    return any_id(*(header(CHANNEL, string_match={"exact": name}) for name in sorted(channels)))


def _members(business_groups: tuple[str, ...], door: Door) -> Json:
    everybody = EVERYBODY in business_groups
    return ANYBODY if everybody else _listed(door.claims.business_groups, sorted(set(business_groups)))


def _listed(name: str, values: Iterable[str]) -> Json:
    return claim(name, {"list_match": {"one_of": one_of(values)}})
