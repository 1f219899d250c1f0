"""`seedbed-gateway [serve | ready]`: follow the registry's policies and make Envoy obey, or say whether it serves."""

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Coroutine

from gateway.admin import Admin
from gateway.compile.bundle import Compiler
from gateway.enforce import Enforcement
from gateway.envoy import Envoy
from gateway.install import Installer
from gateway.settings import GatewaySettings, compiler, state_of
from gateway.truth import is_serving
from gateway.validate import Unfit, validate
from platform_core.auth.settings import AuthSettings, PlatformSettings
from platform_core.errors import WiringError
from platform_core.policy.expressible import inexpressible
from platform_core.policy.follow import Follower
from platform_core.policy.sign import read_pinned_keys


def main() -> None:
    """Run the command line. Wiring faults end with one line and status 1."""
    parser = argparse.ArgumentParser(prog="seedbed-gateway", description=__doc__)
    parser.add_argument("do", nargs="?", default="serve", choices=["serve", "ready"])
    parser.add_argument("--settings", action="store_true", help="list the settings and stop")
    asked = parser.parse_args()
    if asked.settings:
        print("\n".join(part.listing() for part in (PlatformSettings, AuthSettings, GatewaySettings)))
        return
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    try:
        own, platform = GatewaySettings.load(), PlatformSettings.load()
        if asked.do == "ready":
            sys.exit(0 if is_serving(own.admin_socket_in(platform)) else 1)
        asyncio.run(_serve(own, platform, AuthSettings.load()))
    except WiringError as error:
        sys.exit(f"gateway: {error}")


async def _serve(own: GatewaySettings, platform: PlatformSettings, auth: AuthSettings) -> None:
    admin, xds = Admin(own.admin_socket_in(platform)), own.xds_in(platform)
    follower = Follower(
        registry=platform.registry_socket,
        environment=platform.environment,
        keys=read_pinned_keys(platform.policy_keys_file),
        state=state_of(platform),
        accept=inexpressible,
    )
    compile = _proven(compiler(own, platform, auth)).compile
    enforcement = Enforcement(wanted=lambda: follower.current, compile=compile, installer=Installer(xds, admin))
    follower.on_change(enforcement.change)
    # Before Envoy starts there is a whole configuration: the last good policies, or nothing open at all.
    await enforcement.update()
    envoy = Envoy(xds=xds, admin=admin, logs=state_of(platform), workers=own.workers)
    try:
        await _until_told([follower.run(), enforcement.run(), *([envoy.run()] if own.run_envoy else [])])
    finally:
        await envoy.stop(drain=own.drain_seconds)


async def _until_told(parts: list[Coroutine[None, None, None]]) -> None:
    """Run all `parts` until a signal asks for the end, or one of them crashes."""
    told, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(part) for part in parts]
        await told.wait()
        for task in tasks:
            task.cancel()


def _proven(candidate: Compiler) -> Compiler:
    """The settings alone, with no policy in force, are something that Envoy takes; else say so at the start."""
    try:
        validate(candidate.compile({}, now=0))
    except Unfit as error:
        raise WiringError(f"the settings make no configuration that Envoy takes: {error}") from None
    return candidate


if __name__ == "__main__":
    main()
