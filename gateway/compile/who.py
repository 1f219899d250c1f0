"""Who a rule means, as RBAC principals: the expression language, the gate and the reach."""

from collections.abc import Iterable, Mapping

from gateway.compile.terms import ANYBODY, NOBODY, Json, all_ids, any_id, claim, one_of
from platform_core.auth.clients import PROBE
from platform_core.policy.artefact import EVERYBODY, PolicyArtefact
from platform_core.policy.expression import (
    AllOf,
    AnyOf,
    BusinessGroup,
    Employment,
    Expression,
    Group,
    Not,
    Role,
    Surface,
)

Clients = Mapping[str, str]


def holding(expression: Expression, clients: Clients) -> Json:
    """Everybody for whom `expression` holds."""
    match expression:
        case Group(group=names):
            return _listed("groups", names)
        case BusinessGroup(business_group=names):
            return _listed("business_groups", names)
        case Role(role=names):
            return _listed("roles", names)
        case Employment(employment=kinds):
            return claim("employment", one_of(kinds))
        case Surface(surface=names):
            return using(azp for azp, surface in clients.items() if surface in names)
        case AnyOf(any=terms):
            return any_id(*(holding(term, clients) for term in terms))
        case AllOf(all=terms):
            return all_ids(*(holding(term, clients) for term in terms))
        case Not(negated=term):
            return {"not_id": holding(term, clients)}


def using(clients: Iterable[str]) -> Json:
    """Everybody whose token was issued to one of these OAuth clients."""
    names = sorted(clients)
    return claim("azp", one_of(names)) if names else NOBODY


def admitted(artefact: PolicyArtefact, clients: Clients, *, browsing: bool) -> Json:
    """Everybody who comes from an open surface and passes the gate: by the wider list too when `browsing`.

    The probe is not among them: it has a rule of its own.
    """
    surfaces, gate = artefact.reach.surfaces, artefact.gate
    reach = using(azp for azp, surface in clients.items() if surface in surfaces and azp != PROBE)
    return all_ids(reach, _members((*gate.business_groups, *(gate.browse if browsing else ()))))


def _members(business_groups: tuple[str, ...]) -> Json:
    return ANYBODY if EVERYBODY in business_groups else _listed("business_groups", sorted(set(business_groups)))


def _listed(name: str, values: Iterable[str]) -> Json:
    return claim(name, {"list_match": {"one_of": one_of(values)}})
