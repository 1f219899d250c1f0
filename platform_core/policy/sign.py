"""A document on the wire: its canonical bytes under one Ed25519 signature, checked against pinned keys."""

import base64
from typing import TypeVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import Base64Bytes, BaseModel, ConfigDict, ValidationError

from platform_core.canonical import canonical
from platform_core.policy.artefact import PolicyArtefact
from platform_core.policy.keys import Keys, PinnedKeys
from platform_core.policy.suspend import Suspensions

D = TypeVar("D", bound=BaseModel)


class UntrustedArtefact(Exception):
    """The bytes are not a document that this part may obey; the text says which check failed."""


class SignedArtefact(BaseModel):
    """Canonical bytes of one document, the id of the key, and the signature over the bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    payload: Base64Bytes
    key: str
    signature: Base64Bytes


def sign(document: PolicyArtefact | Suspensions, *, key: str, private: Ed25519PrivateKey) -> SignedArtefact:
    """Return `document` signed by `private`, whose public half is pinned under the id `key`."""
    payload = canonical(document.model_dump(mode="json", by_alias=True))
    return SignedArtefact(payload=base64.b64encode(payload), key=key, signature=base64.b64encode(private.sign(payload)))


def verify(signed: SignedArtefact, keys: PinnedKeys) -> PolicyArtefact:
    """Return the artefact inside `signed`, or raise `UntrustedArtefact`: unknown key, wrong signature, not a policy."""
    return _opened(signed, keys.policy, PolicyArtefact, "a policy")


def verify_suspensions(signed: SignedArtefact, keys: PinnedKeys) -> Suspensions:
    """The same for suspensions, which the emergency key may sign too."""
    return _opened(signed, keys.closing, Suspensions, "a list of suspensions")


def _opened(signed: SignedArtefact, keys: Keys, kind: type[D], what: str) -> D:
    public = keys.get(signed.key)
    if public is None:
        raise UntrustedArtefact(f"signed by the key {signed.key!r}, which is not pinned here for {what}")
    try:
        public.verify(signed.signature, signed.payload)
    except InvalidSignature as error:
        raise UntrustedArtefact(f"the signature of the key {signed.key!r} does not fit the bytes") from error
    try:
        return kind.model_validate_json(signed.payload)
    except ValidationError as error:
        raise UntrustedArtefact(f"signed, but not {what} of this format: {error}") from error
