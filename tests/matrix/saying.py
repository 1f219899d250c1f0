"""What the core's evaluator says of a visit: for callers who can't ask the registry, and for worlds without one."""

import time

from platform_core.auth.clients import CLIENTS, Environment
from platform_core.auth.principal import Principal
from platform_core.policy.decide import Decision, Target, decide
from tests.matrix.draws import DOMAIN, Visit
from tests.matrix.world import World


def of_visit(world: World, one: Visit, tool: str) -> Decision:
    """May this visitor call `tool`? With a client of the other environment: never."""
    if one.foreign:
        return Decision(False, f"{one.environment}/client", "a client of the other environment")
    return _said(world, one.server, _principal(one), tool)


def of_service(world: World, spiffe_id: str, server: str, tool: str, environment: Environment) -> Decision:
    """May this service call `tool` without a person?"""
    if environment != world.servers[server]:
        return Decision(False, f"{server}/registered", "it is not behind this door")
    return _said(world, server, Principal.service(spiffe_id), tool)


def _said(world: World, server: str, who: Principal, tool: str) -> Decision:
    policy = world.policies[server]
    standing = world.standing[policy.environment]
    return decide(policy, who, Target("tools/call", tool), now=time.time(), standing=standing)


def _principal(one: Visit) -> Principal:
    who = one.who
    return Principal(
        subject=who.login, groups=frozenset(who.groups), business_groups=frozenset(who.business_groups),
        roles=frozenset(who.roles), employment=who.employment, client=one.client, surface=one.surface,
        channel=one.channel, workload=CLIENTS[one.client].spiffe_id(DOMAIN), expires_at=time.time() + 900,
    )  # fmt: skip
