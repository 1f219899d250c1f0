"""Certificates that no agent issues: what an attacker, or a careless authority, might show."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from deploy.local.mesh.certificates import Pair, new_svid
from platform_core.mesh.wire import IssuedSvid


def forged(
    authority: Pair, *uris: str, ends_in: float = 600, authority_too: bool = False, dns: tuple[str, ...] = ()
) -> Pair:
    """A leaf of `authority` with other names, another end or other powers; all else is as in a real one."""
    real, key = new_svid(authority, "spiffe://seedbed.internal/copied", 60)
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder(subject_name=real.subject, issuer_name=real.issuer, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(seconds=ends_in))
    )
    names = x509.SubjectAlternativeName([*map(x509.UniformResourceIdentifier, uris), *map(x509.DNSName, dns)])
    for extension in real.extensions:
        match extension.value:
            case x509.SubjectAlternativeName():
                builder = builder.add_extension(names, critical=True) if uris or dns else builder
            case x509.BasicConstraints():
                builder = builder.add_extension(x509.BasicConstraints(authority_too, None), critical=True)
            case copied:
                builder = builder.add_extension(copied, extension.critical)
    return builder.sign(authority[1], hashes.SHA256()), key


def pem(pair: Pair) -> bytes:
    certificate, key = pair
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return certificate.public_bytes(Encoding.PEM) + private


def issued(pair: Pair, spiffe_id: str, *believed: x509.Certificate) -> IssuedSvid:
    """`pair` as an agent would hand it out."""
    certificate, key = pair
    return IssuedSvid(
        spiffe_id=spiffe_id,
        chain=certificate.public_bytes(Encoding.DER),
        key=key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        bundle=b"".join(each.public_bytes(Encoding.DER) for each in believed),
    )


def shown(folder: Path, pair: Pair | None) -> ssl.SSLContext:
    """A client that shows `pair` (or nothing) and believes anybody."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if pair is not None:
        _load(context, folder, pair)
    return context


def answering(folder: Path, pair: Pair, *believed: x509.Certificate) -> ssl.SSLContext:
    """A server that shows `pair` and asks for a certificate of those whom it believes."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=b"".join(each.public_bytes(Encoding.DER) for each in believed))
    _load(context, folder, pair)
    return context


def _load(context: ssl.SSLContext, folder: Path, pair: Pair) -> None:
    file = folder / f"{pair[0].serial_number:x}.pem"
    file.write_bytes(pem(pair))
    context.load_cert_chain(file)
