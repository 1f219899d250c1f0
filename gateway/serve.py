"""The gateway at work: it follows what is obeyed in every environment, and has Envoy obey it."""

import asyncio
from functools import partial

from gateway.admin import Admin
from gateway.compile.bundle import Bundle, Compiler, Rulings
from gateway.compile.closed import Ruling
from gateway.enforce import Enforcement
from gateway.identities import Identities
from gateway.install import Installer
from gateway.refusals import Refusals
from gateway.settings import GatewaySettings, compiler, state_of
from gateway.validate import Unfit, Validation
from platform_core.auth.settings import AuthSettings, PlatformSettings
from platform_core.errors import WiringError
from platform_core.hosted import check_stack
from platform_core.policy.expressible import inexpressible
from platform_core.policy.follow import Follower
from platform_core.policy.keys import read_pinned_keys


async def serve(own: GatewaySettings, platform: PlatformSettings, auth: AuthSettings) -> None:
    """Write Envoy's files for ever. Raises `WiringError` for settings that Envoy would not take."""
    making, validation, identified = compiler(own, platform, auth), Validation(), asyncio.Event()
    keys = read_pinned_keys(platform.policy_keys_file)
    check_stack(auth=auth, keys=keys.closing, hosts=[door.host for door in making.doors])
    identities = _identities(own, making, auth)
    _prove(making, validation)
    if identities is not None and identities.ready:
        identified.set()
    followers = {
        environment: Follower.of(platform, environment, state=state_of(platform), accept=inexpressible)
        for environment in own.environments
    }
    enforcement = Enforcement(
        wanted=lambda: {
            environment: Ruling(policies=follower.current, standing=follower.standing)
            for environment, follower in followers.items()
        },
        compile=partial(_compile, making, identified),
        installer=Installer(making.places.xds, Admin(own.admin_socket_in(platform)), check=validation),
    )
    for follower in followers.values():
        follower.on_change(enforcement.change)
    # Before Envoy starts there is a whole configuration: the last good policies, or nothing open at all.
    await enforcement.update()
    refusals = Refusals(making.places.access_log, making.doors, registry=platform.registry_socket)
    async with asyncio.TaskGroup() as parts:
        for part in (enforcement, refusals, *followers.values()):
            parts.create_task(part.run())
        if identities is not None:
            parts.create_task(identities.run())
            parts.create_task(_open_the_mesh(identities, identified, enforcement))


def _identities(own: GatewaySettings, making: Compiler, auth: AuthSettings) -> Identities | None:
    if own.workload_socket is None:
        return None
    return Identities(socket=own.workload_socket, folder=making.places.identity, trust_domain=auth.trust_domain)


def _compile(making: Compiler, identified: asyncio.Event, rulings: Rulings, *, now: float) -> Bundle:
    """Compile, without the mesh until the proxy has an identity: people's own clients do not wait for one."""
    shut = () if identified.is_set() else [door for door in making.doors if door.meshed]
    return making.compile(rulings, now=now, without=shut)


async def _open_the_mesh(identities: Identities, identified: asyncio.Event, enforcement: Enforcement) -> None:
    await identities.wait_ready()
    identified.set()
    enforcement.change()


def _prove(making: Compiler, validation: Validation) -> None:
    """The settings alone, with no policy in force, are something that Envoy takes; else say so at the start."""
    try:
        validation(making.compile({}, now=0))
    except Unfit as error:
        raise WiringError(f"the settings make no configuration that Envoy takes: {error}") from None
