"""Runs the signer: one socket, one key, one operation, until SIGTERM."""

import argparse
import asyncio
import logging
import os
import sys

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from platform_core.auth.settings import PlatformSettings
from platform_core.errors import WiringError
from platform_core.hosted import check_stack
from platform_core.hosting import bind, serve
from platform_core.policy.keys import read_pinned_keys
from registry.private import private_folder
from registry.signer.ledger import Ledger
from registry.signer.operation import Signatory, signer_app
from registry.signer.settings import SignerSettings


def main() -> None:
    """Start, or say what to mend."""
    parser = argparse.ArgumentParser(prog="seedbed-signer", description=__doc__)
    parser.add_argument("--settings", action="store_true", help="list the settings and stop")
    if parser.parse_args().settings:
        print("\n".join(part.listing() for part in (SignerSettings, PlatformSettings)))
        return
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    try:
        asyncio.run(_run(SignerSettings.load(), PlatformSettings.load()))
    except WiringError as error:
        sys.exit(f"signer: {error}")


async def _run(own: SignerSettings, platform: PlatformSettings) -> None:
    check_stack(keys=[own.key_id])
    ledger = Ledger(own.ledger_in(platform))
    signatory = Signatory(own.key_id, _key(own, platform), ledger, longest=own.longest_days * 86_400)
    socket = own.socket_in(platform)
    private_folder(socket.parent)
    listener = bind(socket)
    peers = frozenset({os.getuid()})
    await serve(signer_app(signatory), listener, peers=peers, drain=0, leaving=lambda: None)
    socket.unlink(missing_ok=True)


def _key(own: SignerSettings, platform: PlatformSettings) -> Ed25519PrivateKey:
    """The private key, if its public half is the one that all parts have pinned."""
    file = SignerSettings.variable("key")
    try:
        key = load_pem_private_key(own.key.get_secret_value().encode(), password=None)
    except (ValueError, TypeError):
        raise WiringError(f"{file} names no private key in PEM without a password") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise WiringError(f"{file} names a key that is not Ed25519")
    pinned = read_pinned_keys(platform.policy_keys_file).policy.get(own.key_id)
    if pinned is None or pinned != key.public_key():
        raise WiringError(f"nobody would believe {own.key_id}: it is not pinned in {platform.policy_keys_file}")
    return key


if __name__ == "__main__":
    main()
