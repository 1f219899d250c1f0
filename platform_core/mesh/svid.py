"""An X.509-SVID: who a workload is, how it proves it, and whom its trust domain believes."""

import time
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)
from cryptography.x509 import (
    BasicConstraints,
    Certificate,
    ExtensionNotFound,
    SubjectAlternativeName,
    UniformResourceIdentifier,
    load_der_x509_certificate,
)

from platform_core.mesh.wire import IssuedSvid

SCHEME = "spiffe://"


class BadSvid(ValueError):
    """A certificate that names nobody, or more than one."""


@dataclass(frozen=True, kw_only=True)
class Svid:
    """One identity, fit for use."""

    spiffe_id: str
    chain: tuple[Certificate, ...]
    """The own certificate first."""
    key: bytes = field(repr=False)
    """PEM."""
    authorities: tuple[Certificate, ...]
    """Whose word counts in the trust domain."""

    @classmethod
    def parse(cls, issued: IssuedSvid) -> "Svid":
        """Take what an agent issued. Raises `BadSvid`."""
        try:
            chain, authorities = certificates(issued.chain), certificates(issued.bundle)
            key = load_der_private_key(issued.key, password=None)
        except (ValueError, TypeError) as error:
            raise BadSvid(f"the agent's SVID for {issued.spiffe_id} can't be read: {error}") from None
        if not chain or not authorities:
            raise BadSvid(f"the agent's SVID for {issued.spiffe_id} comes without a certificate or without a bundle")
        if (named := spiffe_id_of(chain[0])) != issued.spiffe_id:
            raise BadSvid(f"the agent's SVID for {issued.spiffe_id} names {named}")
        spki = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        if key.public_key().public_bytes(*spki) != chain[0].public_key().public_bytes(*spki):
            raise BadSvid(f"the agent's SVID for {issued.spiffe_id} has another certificate's key")
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return cls(spiffe_id=issued.spiffe_id, chain=chain, key=pem, authorities=authorities)

    @property
    def certificate(self) -> bytes:
        """The chain in PEM."""
        return b"".join(each.public_bytes(Encoding.PEM) for each in self.chain)

    @property
    def not_after(self) -> float:
        """When it ends."""
        return self.chain[0].not_valid_after_utc.timestamp()

    @property
    def in_force(self) -> bool:
        """It has not ended yet."""
        return time.time() < self.not_after


def spiffe_id_of(certificate: Certificate) -> str:
    """Whom `certificate` names: exactly one URI, a SPIFFE id, and no authority. Raises `BadSvid`."""
    try:
        names = certificate.extensions.get_extension_for_class(SubjectAlternativeName).value
        authority = certificate.extensions.get_extension_for_class(BasicConstraints).value.ca
    except (ExtensionNotFound, ValueError):
        raise BadSvid(
            "the certificate is no SVID: it has no names, or does not say whether it is an authority"
        ) from None
    uris = names.get_values_for_type(UniformResourceIdentifier)
    if authority or len(uris) != 1 or not uris[0].startswith(SCHEME):
        raise BadSvid("the certificate is no SVID: it must name exactly one SPIFFE id, and be no authority")
    return uris[0]


def certificates(der: bytes) -> tuple[Certificate, ...]:
    """Certificates that stand in DER one after the other. Raises `ValueError`."""
    found: list[Certificate] = []
    while der:
        size = _size(der)
        found.append(load_der_x509_certificate(der[:size]))
        der = der[size:]
    return tuple(found)


def _size(der: bytes) -> int:
    """How many bytes the first element of `der` takes, by its own head."""
    if len(der) < 2 or der[0] != 0x30:
        raise ValueError("not a certificate")
    if der[1] < 0x80:
        return 2 + der[1]
    end = 2 + (der[1] & 0x7F)
    return end + int.from_bytes(der[2:end])
