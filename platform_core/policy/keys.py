"""The public keys whose documents this part obeys: pinned at deploy, never fetched."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import BaseModel, ConfigDict, ValidationError

from platform_core.errors import WiringError

Keys = Mapping[str, Ed25519PublicKey]
"""Key id to public key."""

MOST = 2
"""Policy keys at once: the one in use, and while rotating the one before or after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedKeys:
    """Who may say what may be done, and who may only close."""

    policy: Keys
    emergency: Keys = field(default_factory=lambda: MappingProxyType({}))
    """Accepted for suspensions alone."""

    @property
    def closing(self) -> Keys:
        """The keys that a suspension may be signed by."""
        return {**self.emergency, **self.policy}


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    policy: dict[str, str]
    emergency: dict[str, str] = {}


def read_pinned_keys(path: Path) -> PinnedKeys:
    """Read `{"policy": {"key id": "base64 of 32 bytes", ...}, "emergency": {...}}`.

    Raises `WiringError` that names the file where it is missing, is something else, pins no policy key or more than
    two, or lets one key do both.
    """
    try:
        file = _File.model_validate_json(path.read_bytes())
        pinned = PinnedKeys(policy=_public(file.policy), emergency=_public(file.emergency))
    except (OSError, ValidationError, ValueError) as error:
        raise WiringError(f"{path} can't be read as pinned keys: {error}") from error
    if not pinned.policy:
        raise WiringError(f"{path} pins no key, so no policy could be obeyed")
    if len(pinned.policy) > MOST:
        raise WiringError(f"{path} pins {len(pinned.policy)} policy keys; at most {MOST} are valid, while rotating")
    if set(file.policy) & set(file.emergency) or _raw(pinned.policy) & _raw(pinned.emergency):
        raise WiringError(f"{path} pins one key for policies and for emergencies; two keys are needed")
    return pinned


def _public(encoded: Mapping[str, str]) -> dict[str, Ed25519PublicKey]:
    return {
        name: Ed25519PublicKey.from_public_bytes(base64.b64decode(raw, validate=True)) for name, raw in encoded.items()
    }


def _raw(keys: Keys) -> set[bytes]:
    return {key.public_bytes_raw() for key in keys.values()}
