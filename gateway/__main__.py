"""`seedbed-gateway [serve | envoy | ready | show]`: make Envoy obey the registry's policies, or run that Envoy.

`serve` follows the policies and writes Envoy's files; `envoy` runs Envoy on them, a process of its own, so that neither
ends with the other. `ready` says whether Envoy serves, `show` what it was told.
"""

import argparse
import asyncio
import contextlib
import json
import logging
import signal
import sys
from collections.abc import Coroutine

from gateway.admin import Admin
from gateway.compile.table import read_table
from gateway.envoy import Envoy
from gateway.serve import serve
from gateway.settings import GatewaySettings, state_of
from gateway.truth import is_serving
from platform_core.auth.settings import AuthSettings, PlatformSettings
from platform_core.errors import WiringError


def main() -> None:
    """Run the command line. Wiring faults end with one line and status 1."""
    parser = argparse.ArgumentParser(prog="seedbed-gateway", description=__doc__)
    parser.add_argument("do", nargs="?", default="serve", choices=["serve", "envoy", "ready", "show"])
    parser.add_argument("--settings", action="store_true", help="list the settings and stop")
    asked = parser.parse_args()
    if asked.settings:
        print("\n".join(part.listing() for part in (PlatformSettings, AuthSettings, GatewaySettings)))
        return
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    try:
        own, platform = GatewaySettings.load(), PlatformSettings.load()
        match asked.do:
            case "ready":
                sys.exit(0 if is_serving(own.admin_socket_in(platform), own.listeners) else 1)
            case "show":
                _show(own, platform)
            case "envoy":
                asyncio.run(_envoy(own, platform))
            case _:
                asyncio.run(_until_told(serve(own, platform, AuthSettings.load())))
    except WiringError as error:
        sys.exit(f"gateway: {error}")


async def _envoy(own: GatewaySettings, platform: PlatformSettings) -> None:
    admin = Admin(own.admin_socket_in(platform))
    envoy = Envoy(xds=own.xds_in(platform), admin=admin, logs=state_of(platform), workers=own.workers)
    try:
        await _until_told(envoy.run())
    finally:
        await envoy.stop(drain=own.drain_seconds)


def _show(own: GatewaySettings, platform: PlatformSettings) -> None:
    """Print the route tables that are installed, which no text editor can read."""
    for path in sorted(own.xds_in(platform).glob("rds-*.pb")):
        print(json.dumps(read_table(path.read_bytes()), indent=1))


async def _until_told(part: Coroutine[None, None, None]) -> None:
    """Run `part` until a signal asks for the end, or it crashes."""
    task, loop = asyncio.ensure_future(part), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


if __name__ == "__main__":
    main()
