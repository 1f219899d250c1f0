"""The keys of the local stack: one signs, one or two are pinned for policies, one more for emergencies."""

import base64
import json
import re
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy.local.identity.keep import write_private
from platform_core.errors import WiringError
from platform_core.hosted import DEV_KEY

FIRST = f"{DEV_KEY}1"
EMERGENCY = f"{DEV_KEY}emergency"
Pinned = dict[str, dict[str, str]]
"""What `pinned.json` holds: the kind of key, its id, and the public half in base64."""


@dataclass(frozen=True, slots=True)
class Keys:
    """One folder. A private key is read by whoever signs with it; here it is made, and not read again."""

    folder: Path

    @property
    def pinned(self) -> Path:
        """The public halves, as every part pins them."""
        file, pins = self.folder / "pinned.json", self._pins()
        if not pins.get("policy"):
            pins["policy"] = {FIRST: self._made(FIRST)}
        if not pins.get("emergency"):
            pins["emergency"] = {EMERGENCY: self._made(EMERGENCY)}
        if pins != self._pins():
            write_private(file, json.dumps(pins))
        return file

    @property
    def signing(self) -> str:
        """Id of the policy key that signs."""
        named = self.folder / "signing"
        return named.read_text().strip() if named.exists() else FIRST

    def private(self, key: str) -> Path:
        """The file with the private half of a key."""
        return self.folder / f"{key}.pem"

    def publish(self) -> str:
        """Pin one more policy key, which signs nothing yet, so that every part believes it before its first policy."""
        pins = self._whole()
        if len(pins["policy"]) > 1:
            raise WiringError(f"two keys are pinned already: {', '.join(pins['policy'])}; withdraw the older one first")
        key = f"{DEV_KEY}{_number(self.signing) + 1}"
        pins["policy"][key] = self._made(key)
        self._write(pins)
        return key

    def rotate(self) -> str:
        """Let the published key sign from the next `seedbed up` on."""
        newest = max(self._whole()["policy"], key=_number)
        if newest == self.signing:
            raise WiringError("no key waits: `publish` one, and let it sign once every part has been started again")
        write_private(self.folder / "signing", newest)
        return newest

    def withdraw(self) -> list[str]:
        """Unpin every policy key but the one that signs: what an older one has signed is believed no more."""
        pins, signing = self._whole(), self.signing
        gone = [key for key in pins["policy"] if key != signing]
        self._write(pins | {"policy": {signing: pins["policy"][signing]}})
        return gone

    def _whole(self) -> Pinned:
        self.pinned  # noqa: B018  # makes what is missing
        return self._pins()

    def _pins(self) -> Pinned:
        file = self.folder / "pinned.json"
        return json.loads(file.read_text()) if file.exists() else {}

    def _write(self, pins: Pinned) -> None:
        write_private(self.folder / "pinned.json", json.dumps(pins))

    def _made(self, key: str) -> str:
        """The public half of a key that is made now, or whose pin got lost."""
        file = self.private(key)
        if not file.exists():
            pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
            fresh = Ed25519PrivateKey.generate().private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
            write_private(file, fresh.decode())
        private = serialization.load_pem_private_key(file.read_bytes(), password=None)
        if not isinstance(private, Ed25519PrivateKey):
            raise WiringError(f"{file} is not an Ed25519 key; remove it and `seedbed up` makes a new one")
        return base64.b64encode(private.public_key().public_bytes_raw()).decode()


def _number(key: str) -> int:
    found = re.fullmatch(rf"{DEV_KEY}(\d+)", key)
    return int(found[1]) if found else 0
