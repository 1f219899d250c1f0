"""An artefact on the wire: its canonical bytes under one Ed25519 signature, checked against pinned keys."""

import base64
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import Base64Bytes, BaseModel, ConfigDict, TypeAdapter, ValidationError

from platform_core.canonical import canonical
from platform_core.errors import WiringError
from platform_core.policy.artefact import PolicyArtefact

PinnedKeys = Mapping[str, Ed25519PublicKey]
"""Key id to public key: pinned at deploy, never fetched."""
_PINNED = TypeAdapter(dict[str, str])


class UntrustedArtefact(Exception):
    """The bytes are not a policy that this part may obey; the text says which check failed."""


class SignedArtefact(BaseModel):
    """Canonical bytes of one artefact, the id of the key, and the signature over the bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    payload: Base64Bytes
    key: str
    signature: Base64Bytes


def sign(artefact: PolicyArtefact, *, key: str, private: Ed25519PrivateKey) -> SignedArtefact:
    """Return `artefact` signed by `private`, whose public half is pinned under the id `key`."""
    payload = canonical(artefact.model_dump(mode="json", by_alias=True))
    return SignedArtefact(payload=base64.b64encode(payload), key=key, signature=base64.b64encode(private.sign(payload)))


def verify(signed: SignedArtefact, keys: PinnedKeys) -> PolicyArtefact:
    """Return the artefact inside `signed`, or raise `UntrustedArtefact`: unknown key, wrong signature, not a policy."""
    public = keys.get(signed.key)
    if public is None:
        raise UntrustedArtefact(f"signed by the key {signed.key!r}, which is not pinned here")
    try:
        public.verify(signed.signature, signed.payload)
    except InvalidSignature as error:
        raise UntrustedArtefact(f"the signature of the key {signed.key!r} does not fit the bytes") from error
    try:
        return PolicyArtefact.model_validate_json(signed.payload)
    except ValidationError as error:
        raise UntrustedArtefact(f"signed, but not a policy of this format: {error}") from error


def read_pinned_keys(path: Path) -> dict[str, Ed25519PublicKey]:
    """Read `{"key id": "base64 of 32 bytes", ...}`: the public keys that this part obeys.

    Raises `WiringError` that names the file where it is missing, is something else, or pins no key.
    """
    try:
        pinned = _PINNED.validate_json(path.read_bytes())
        keys = {name: Ed25519PublicKey.from_public_bytes(base64.b64decode(raw)) for name, raw in pinned.items()}
    except (OSError, ValueError) as error:
        raise WiringError(f"{path} can't be read as pinned keys: {error}") from error
    if not keys:
        raise WiringError(f"{path} pins no key, so no policy could be obeyed")
    return keys
