"""What the authority signs is what the SPIFFE standard calls an X.509-SVID, and no more."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from deploy.local.mesh.certificates import Pair, new_authority, new_svid

NAME = "spiffe://seedbed.internal/production/web-chat"


@pytest.fixture(scope="module")
def authority() -> Pair:
    return new_authority("seedbed.internal")


def uris(certificate: x509.Certificate) -> list[str]:
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert len(names) == 1
    return names.get_values_for_type(x509.UniformResourceIdentifier)


def test_a_leaf_names_one_id_and_nothing_else(authority: Pair) -> None:
    leaf, _ = new_svid(authority, NAME, 3600)
    assert uris(leaf) == [NAME]
    assert leaf.subject.rfc4514_string() == ""
    leaf.verify_directly_issued_by(authority[0])


def test_a_leaf_may_open_and_answer_connections_and_sign_nothing(authority: Pair) -> None:
    leaf, _ = new_svid(authority, NAME, 3600)
    usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert usage.digital_signature
    assert not usage.key_cert_sign
    assert not usage.crl_sign
    both = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert set(both) == {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}


def test_a_leaf_is_good_for_an_hour_and_a_little_before_it_was_made(authority: Pair) -> None:
    leaf, _ = new_svid(authority, NAME, 3600)
    assert (
        timedelta(0) < leaf.not_valid_after_utc - leaf.not_valid_before_utc - timedelta(hours=1) < timedelta(minutes=1)
    )


def test_an_authority_is_named_by_its_trust_domain_and_signs_leaves_alone(authority: Pair) -> None:
    certificate, _ = authority
    basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert uris(certificate) == ["spiffe://seedbed.internal"]
    assert (basic.ca, basic.path_length) == (True, 0)
