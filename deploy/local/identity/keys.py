"""The keys that sign tokens: a new one is published beside the old, which stays good until it is withdrawn."""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joserfc.jwk import KeySet, RSAKey
from pydantic import BaseModel

from deploy.local.identity.keep import write_private


class _Ring(BaseModel):
    signing: str
    keys: list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class _Loaded:
    """A ring as read from the file; taking an RSA key apart costs tens of milliseconds, so it is done once."""

    stamp: object
    ring: _Ring
    signing: KeySet
    verifying: KeySet
    published: dict[str, Any]


class Keys:
    """The key ring in one file. The file is the truth, so an operator's `rotate` reaches the running provider."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._memo: _Loaded | None = None
        if not path.exists():
            key = _new_key()
            self._write(_Ring(signing=key["kid"], keys=[key]))

    def published(self) -> dict[str, Any]:
        """The public key set that verifiers fetch."""
        return self._load().published

    def signing(self) -> KeySet:
        """The one key that signs now, as a set so that its `kid` enters the header."""
        return self._load().signing

    def verifying(self) -> KeySet:
        """Every key whose tokens are still good."""
        return self._load().verifying

    def publish(self) -> str:
        """Add a key that signs nothing yet, so that verifiers know it before the first token."""
        ring, key = self._load().ring, _new_key()
        self._write(ring.model_copy(update={"keys": [*ring.keys, key]}))
        return str(key["kid"])

    def rotate(self) -> str:
        """Sign with the newest key, a new one if none waits; the old one stays good."""
        if self._load().ring.keys[-1]["kid"] == self._load().ring.signing:
            self.publish()
        ring = self._load().ring
        self._write(ring.model_copy(update={"signing": ring.keys[-1]["kid"]}))
        return str(ring.keys[-1]["kid"])

    def withdraw(self) -> list[str]:
        """Drop every key but the one that signs: tokens of the others end now."""
        ring = self._load().ring
        kept = [key for key in ring.keys if key["kid"] == ring.signing]
        self._write(ring.model_copy(update={"keys": kept}))
        return [str(key["kid"]) for key in ring.keys if key not in kept]

    def _load(self) -> _Loaded:
        file, memo = self._path.stat(), self._memo
        stamp = (file.st_ino, file.st_mtime_ns)
        if memo is None or memo.stamp != stamp:
            memo = self._memo = _loaded(stamp, _Ring.model_validate_json(self._path.read_text("utf-8")))
        return memo

    def _write(self, ring: _Ring) -> None:
        write_private(self._path, json.dumps(ring.model_dump(), indent=1))


def _loaded(stamp: object, ring: _Ring) -> _Loaded:
    every = KeySet.import_key_set({"keys": ring.keys})
    return _Loaded(
        stamp=stamp,
        ring=ring,
        signing=KeySet([key for key in every.keys if key.kid == ring.signing]),
        verifying=every,
        published=dict(every.as_dict(private=False)),
    )


def _new_key() -> dict[str, Any]:
    # Hosted parts refuse a key id that starts with `dev-`.
    key = RSAKey.generate_key(2048, {"kid": f"dev-{secrets.token_hex(4)}", "use": "sig", "alg": "RS256"})
    return dict(key.as_dict(private=True))
