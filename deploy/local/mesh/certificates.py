"""Certificates as SPIFFE wants them: an authority named by its trust domain, a leaf named by exactly one id."""

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_LIFE = timedelta(days=365)
BACKDATED = timedelta(seconds=10)
"""Clocks differ: a certificate is good a little before it was made."""

Pair = tuple[x509.Certificate, EllipticCurvePrivateKey]


def new_authority(trust_domain: str, life: timedelta = AUTHORITY_LIFE) -> Pair:
    """A self-signed authority that may sign leaves and nothing else."""
    key, number = generate_private_key(SECP256R1()), x509.random_serial_number()
    # Two authorities of one domain need two names, or a chain could be tried with the wrong one.
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"dev-{number:x}"[:20])])
    usage = _usage(sign_certificates=True)
    builder = _builder(name, name, key, f"spiffe://{trust_domain}", life).serial_number(number)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    return builder.add_extension(usage, critical=True).sign(key, hashes.SHA256()), key


def new_svid(authority: Pair, spiffe_id: str, seconds: float) -> Pair:
    """A leaf that may open and answer connections as `spiffe_id`."""
    certificate, signing = authority
    key = generate_private_key(SECP256R1())
    # An empty subject: who it is stands in the URI alone.
    builder = _builder(x509.Name([]), certificate.subject, key, spiffe_id, timedelta(seconds=seconds))
    builder = builder.serial_number(x509.random_serial_number())
    both = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(sign_certificates=False), critical=True)
    builder = builder.add_extension(both, critical=False)
    signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key())
    return builder.add_extension(signer, critical=False).sign(signing, hashes.SHA256()), key


def _builder(
    subject: x509.Name, issuer: x509.Name, key: EllipticCurvePrivateKey, uri: str, life: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri)])
    return (
        x509.CertificateBuilder(subject_name=subject, issuer_name=issuer, public_key=key.public_key())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + life)
        # RFC 5280: where the subject is empty, the other names are critical.
        .add_extension(names, critical=subject == x509.Name([]))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, sign_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not sign_certificates,
        key_cert_sign=sign_certificates,
        crl_sign=sign_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
