"""`python -m deploy.local.stack publish | rotate | withdraw`: turn the key that signs the local policies.

Publish a second key and start every part again (`seedbed down`, `seedbed up`); rotate, and `seedbed up` has each policy
signed anew; withdraw the first key and start every part again. At no step a part has nothing that it may obey.
"""

import argparse
import sys

from deploy.local.stack import processes
from deploy.local.stack.governing import office
from deploy.local.stack.home import ENVIRONMENTS, Home
from deploy.local.stack.keys import EMERGENCY
from platform_core.errors import WiringError
from platform_core.policy.sign import SignedArtefact


def main() -> None:
    """Turn the keys of the stack that the settings name."""
    parser = argparse.ArgumentParser(prog="python -m deploy.local.stack", description=__doc__)
    parser.add_argument("do", choices=["publish", "rotate", "withdraw"])
    try:
        print(_turned(parser.parse_args().do, Home.load()))
    except WiringError as error:
        sys.exit(f"stack: {error}")


def _turned(how: str, home: Home) -> str:
    match how:
        case "publish":
            return f"pinned from the next start of each part on, signs nothing yet: {home.keys.publish()}"
        case "rotate":
            told = f"signs from the next `seedbed up` on: {home.keys.rotate()}"
            processes.stop(home, "signer")
            return told
        case _:
            _nothing_hangs_on_another(home)
            return f"pinned no more: {', '.join(home.keys.withdraw()) or 'nothing, one key is left'}"


def _nothing_hangs_on_another(home: Home) -> None:
    """Whoever starts without the key that signed a policy has no policy, so that key stays until it is not needed."""
    old: list[str] = []
    with office(home) as desk:
        for environment in ENVIRONMENTS:
            signed = {f"the policy of {name}": each for name, each in desk.in_force(environment).items()}
            closed = desk.suspended(environment)
            signed |= {"what is suspended": closed} if closed else {}
            old += [f"{what} in {environment}" for what, each in signed.items() if _is_old(home, each)]
    if old:
        raise WiringError(f"an older key has signed {', '.join(old)}; `seedbed up` signs it anew")


def _is_old(home: Home, signed: SignedArtefact) -> bool:
    return signed.key not in (home.keys.signing, EMERGENCY)


if __name__ == "__main__":
    main()
