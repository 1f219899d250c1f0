"""The authorities of the trust domain: a new one is believed before it signs, an old one until it is withdrawn."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from deploy.local.identity.keep import write_private
from deploy.local.mesh.certificates import AUTHORITY_LIFE, Pair, new_authority
from deploy.local.mesh.kept import Kept
from platform_core.errors import WiringError

ENOUGH = timedelta(days=30)
"""An authority with less to live is replaced when the agent starts."""


@dataclass(frozen=True, kw_only=True)
class Ring:
    """Everybody whose word counts, and the one who signs."""

    authorities: tuple[Pair, ...]
    signing: Pair

    @property
    def bundle(self) -> bytes:
        """The certificates in DER, one after the other."""
        return b"".join(certificate.public_bytes(Encoding.DER) for certificate, _ in self.authorities)


class Authorities:
    """The ring in one file that only its owner reads."""

    def __init__(self, folder: Path, trust_domain: str, *, life: timedelta = AUTHORITY_LIFE) -> None:
        self._path, self._trust_domain = folder / f"{trust_domain}.json", trust_domain
        self._kept = Kept(self._path, _read)
        if not self._path.exists():
            first = new_authority(trust_domain, life)
            self._write((first,), first)

    def now(self) -> Ring:
        """The ring in force."""
        return self._kept.now()

    def publish(self) -> str:
        """Add an authority that signs nothing yet, so that everybody believes it before the first SVID."""
        ring, fresh = self.now(), new_authority(self._trust_domain)
        self._write((*ring.authorities, fresh), ring.signing)
        return _name(fresh)

    def rotate(self) -> str:
        """Let the published authority sign; the old one is still believed."""
        ring = self.now()
        newest = ring.authorities[-1]
        if _name(newest) == _name(ring.signing):
            raise WiringError("no authority waits: `publish` one, and let it sign once every workload has heard of it")
        self._write(ring.authorities, newest)
        return _name(newest)

    def withdraw(self) -> list[str]:
        """Drop every authority but the one that signs: nobody believes an SVID of the others on a new connection."""
        ring = self.now()
        self._write((ring.signing,), ring.signing)
        return [_name(each) for each in ring.authorities if _name(each) != _name(ring.signing)]

    def renew(self) -> None:
        """Replace an authority that nears its end. Done before anybody is served, so at once."""
        if self.now().signing[0].not_valid_after_utc - datetime.now(UTC) < ENOUGH:
            self.publish()
            self.rotate()

    def _write(self, authorities: tuple[Pair, ...], signing: Pair) -> None:
        ring = {"signing": _name(signing), "authorities": [_written(each) for each in authorities]}
        write_private(self._path, json.dumps(ring, indent=1))


def _name(authority: Pair) -> str:
    return authority[0].subject.rfc4514_string().removeprefix("CN=")


def _written(authority: Pair) -> dict[str, str]:
    certificate, key = authority
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return {"certificate": certificate.public_bytes(Encoding.PEM).decode(), "key": private.decode()}


def _read(raw: bytes) -> Ring:
    said: dict[str, Any] = json.loads(raw)
    authorities = tuple(_pair(each) for each in said["authorities"])
    signing = next(each for each in authorities if _name(each) == said["signing"])
    return Ring(authorities=authorities, signing=signing)


def _pair(written: dict[str, str]) -> Pair:
    key = load_pem_private_key(written["key"].encode(), password=None)
    assert isinstance(key, EllipticCurvePrivateKey)  # noqa: S101  # only `_written` writes here
    return x509.load_pem_x509_certificate(written["certificate"].encode()), key
