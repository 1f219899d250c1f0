"""`python -m deploy.local.identity [serve | publish | rotate | withdraw]`; the settings say where."""

import argparse
import sys

from deploy.local.identity.keep import private_folder
from deploy.local.identity.keys import Keys
from deploy.local.identity.settings import IdentitySettings
from platform_core.errors import WiringError


def main() -> None:
    """Serve, or turn the keys of the provider that serves."""
    parser = argparse.ArgumentParser(prog="python -m deploy.local.identity", description=__doc__)
    parser.add_argument("do", nargs="?", default="serve", choices=["serve", "publish", "rotate", "withdraw"])
    parser.add_argument("--settings", action="store_true", help="list the settings and stop")
    asked = parser.parse_args()
    if asked.settings:
        print(IdentitySettings.listing())
        return
    try:
        settings = IdentitySettings.load()
    except WiringError as error:
        sys.exit(f"identity: {error}")
    if asked.do == "serve":
        from deploy.local.identity.serving import serve  # the key commands need no web server

        serve(settings)
    else:
        _turn(asked.do, Keys(private_folder(settings.state) / "keys.json"))


def _turn(how: str, keys: Keys) -> None:
    match how:
        case "publish":
            print(f"published, signs nothing yet; rotate when verifiers have fetched it: {keys.publish()}")
        case "rotate":
            print(f"signs from now on, the others stay good: {keys.rotate()}")
        case _:
            print(f"withdrawn: {', '.join(keys.withdraw()) or 'nothing, one key is left'}")


if __name__ == "__main__":
    main()
