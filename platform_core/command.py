"""The command of a server: serve, or say what it is."""

import argparse
import logging
import sys
from typing import TYPE_CHECKING

from platform_core.errors import WiringError
from platform_core.registration.contract import Registration

if TYPE_CHECKING:
    from platform_core.server import Server


def run(server: "Server", arguments: list[str]) -> None:
    """Run the command line `arguments` for `server`. Wiring faults end with one line and status 2."""
    options = _parser(server).parse_args(arguments)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for talkative in ("httpx2", "mcp"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
    try:
        _chosen(server, options)
    except WiringError as error:
        print(f"{server.manifest.name}: {error}", file=sys.stderr)
        sys.exit(2)


def _parser(server: "Server") -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"seedbed-server-{server.manifest.name}", description=server.manifest.summary)
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--stdio", action="store_true", help="an experiment on this terminal, as yourself, unreviewed")
    choice.add_argument("--describe", action="store_true", help="print manifest, contract and version as JSON")
    choice.add_argument("--settings", action="store_true", help="print the settings with their defaults")
    return parser


def _chosen(server: "Server", options: argparse.Namespace) -> None:
    if options.describe:
        print(describe(server).model_dump_json(by_alias=True))
    elif options.settings:
        print(_settings(server))
    elif options.stdio:
        from platform_core.stdio import run_stdio

        run_stdio(server)
    else:
        from platform_core.running import run_hosted

        run_hosted(server)


def describe(server: "Server") -> Registration:
    """What the pipeline tells the registry about `server`."""
    return Registration(manifest=server.manifest, contract=server.contract(), version=server.version)


def _settings(server: "Server") -> str:
    from platform_core.approval.settings import ApprovalSettings
    from platform_core.auth.settings import AuthSettings, PlatformSettings
    from platform_core.running import ServerSettings
    from platform_core.settings import settings_of

    asking = [ApprovalSettings] if server.asks else []
    parts = [PlatformSettings, AuthSettings, ServerSettings, *asking, *settings_of(server.package)]
    return "\n".join(part.listing() for part in parts)
