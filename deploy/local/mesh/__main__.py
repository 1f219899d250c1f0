"""`python -m deploy.local.mesh [serve | enter | remove | publish | rotate | withdraw]`; the settings say where."""

import argparse
import os
import sys

from pydantic import TypeAdapter, ValidationError

from deploy.local.mesh.settings import AgentSettings, SpiffePath
from platform_core.errors import WiringError


def main() -> None:
    """Serve, or change what the agent that serves knows; it sees that within seconds."""
    asked = _arguments()
    if asked.settings:
        print(AgentSettings.listing())
        return
    try:
        _do(asked, AgentSettings.load())
    except WiringError as error:
        sys.exit(f"mesh: {error}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m deploy.local.mesh", description=__doc__)
    parser.add_argument("--settings", action="store_true", help="list the settings and stop")
    orders = parser.add_subparsers(dest="do")
    orders.add_parser("serve", help="hand out identities (if nothing else is said)")
    for name, says in (("enter", "let an account be a SPIFFE id"), ("remove", "no longer")):
        order = orders.add_parser(name, help=says)
        order.add_argument("path", help="what follows the trust domain, like /production/service/reports")
        order.add_argument("--account", type=int, default=os.getuid(), help="number; the own one if not given")
    orders.add_parser("publish", help="add an authority that everybody believes and that signs nothing yet")
    orders.add_parser("rotate", help="let the published authority sign")
    orders.add_parser("withdraw", help="drop every authority but the one that signs")
    return parser.parse_args()


def _do(asked: argparse.Namespace, settings: AgentSettings) -> None:
    from deploy.local.mesh.serving import kept, serve  # a command that only lists needs no gRPC

    if asked.do in (None, "serve"):
        return serve(settings)
    authorities, entries = kept(settings)
    match asked.do:
        case "enter":
            entries.enter((asked.account, _path(asked.path)))
        case "remove":
            entries.remove((asked.account, _path(asked.path)))
        case "publish":
            print(f"believed from now on, signs nothing yet: {authorities.publish()}")
        case "rotate":
            print(f"signs from now on, the others are still believed: {authorities.rotate()}")
        case _:
            print(f"withdrawn: {', '.join(authorities.withdraw()) or 'nothing, one authority is left'}")


def _path(word: str) -> str:
    try:
        return TypeAdapter[str](SpiffePath).validate_python(word)
    except ValidationError:
        raise WiringError(f"{word!r} is no path of a SPIFFE id; one looks like /production/service/reports") from None


if __name__ == "__main__":
    main()
