"""Only the bytes that a pinned key signed are a policy."""

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import ValidationError

from platform_core.canonical import canonical
from platform_core.policy.artefact import PolicyArtefact
from platform_core.policy.keys import PinnedKeys
from platform_core.policy.sign import SignedArtefact, UntrustedArtefact, sign, verify
from tests.platform_core.policies import KEY, PINNED, a_policy

POLICY = a_policy()
SIGNED = sign(POLICY, key="dev-1", private=KEY)
STRANGER = Ed25519PrivateKey.generate()


def enveloped(payload: bytes, *, key: str = "dev-1", private: Ed25519PrivateKey = KEY) -> SignedArtefact:
    """Any bytes under a signature."""
    signature = base64.b64encode(private.sign(payload))
    return SignedArtefact(payload=base64.b64encode(payload), key=key, signature=signature)


def refusal(signed: SignedArtefact) -> str:
    with pytest.raises(UntrustedArtefact) as refused:
        verify(signed, PINNED)
    return str(refused.value)


def test_what_was_signed_is_what_is_obeyed() -> None:
    assert verify(SIGNED, PINNED) == POLICY


def test_it_is_the_same_after_the_wire() -> None:
    assert verify(SignedArtefact.model_validate_json(SIGNED.model_dump_json()), PINNED) == POLICY


def test_the_signature_is_over_the_canonical_form() -> None:
    assert SIGNED.payload == canonical(POLICY.model_dump(mode="json", by_alias=True))
    assert sign(POLICY, key="dev-1", private=KEY) == SIGNED


def test_the_signed_bytes_say_a_policy_as_its_reviewers_wrote_it() -> None:
    policy = a_policy(policies={"browse": {"not": {"role": "x"}}, "buy": {"role": "y"}})
    assert json.loads(sign(policy, key="dev-1", private=KEY).payload)["policies"]["browse"] == {"not": {"role": ["x"]}}


def test_an_envelope_cant_be_changed_in_place() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        SIGNED.payload = b"{}"  # type: ignore[misc]


def test_one_changed_byte_anywhere_is_refused() -> None:
    for place in range(0, len(SIGNED.payload), 7):
        changed = bytearray(SIGNED.payload)
        changed[place] ^= 1
        tampered = SignedArtefact.model_construct(payload=bytes(changed), key="dev-1", signature=SIGNED.signature)
        assert "does not fit the bytes" in refusal(tampered)


def test_a_wider_policy_under_the_old_signature_is_refused() -> None:
    wider = sign(a_policy(gate={"business_groups": ["*"]}), key="dev-1", private=KEY)
    forged = SignedArtefact.model_construct(payload=wider.payload, key="dev-1", signature=SIGNED.signature)
    assert "does not fit the bytes" in refusal(forged)


def test_a_strangers_signature_under_a_pinned_name_is_refused() -> None:
    assert "does not fit the bytes" in refusal(sign(POLICY, key="dev-1", private=STRANGER))


def test_a_key_that_is_not_pinned_is_refused_by_name() -> None:
    assert "'dev-2', which is not pinned" in refusal(sign(POLICY, key="dev-2", private=KEY))


def test_while_keys_rotate_both_are_obeyed_each_under_its_own_name() -> None:
    pinned = PinnedKeys(policy={**PINNED.policy, "dev-2": STRANGER.public_key()})
    assert verify(sign(POLICY, key="dev-2", private=STRANGER), pinned) == POLICY
    assert verify(SIGNED, pinned) == POLICY
    with pytest.raises(UntrustedArtefact):
        verify(sign(POLICY, key="dev-1", private=STRANGER), pinned)


@pytest.mark.parametrize("signature", [b"", b"x", b"\0" * 64, b"\0" * 65])
def test_a_signature_of_the_wrong_size_is_refused(signature: bytes) -> None:
    shortened = SignedArtefact.model_construct(payload=SIGNED.payload, key="dev-1", signature=signature)
    assert "does not fit the bytes" in refusal(shortened)


@pytest.mark.parametrize("payload", [b"", b"{}", b"[]", b"not json", b"\xff", b'{"format": 2}', b"null"])
def test_a_good_signature_over_what_is_not_a_policy_is_refused(payload: bytes) -> None:
    assert "not a policy of this format" in refusal(enveloped(payload))


def test_a_good_signature_over_a_policy_with_words_of_its_own_is_refused() -> None:
    more = json.dumps(POLICY.model_dump(mode="json", by_alias=True) | {"exceptions": ["ana"]})
    assert "exceptions" in refusal(enveloped(more.encode()))


@pytest.mark.parametrize(
    "wire",
    [
        "{}",
        '{"payload": "AA==", "key": 7, "signature": "AA=="}',
        '{"payload": "AA==", "key": "dev-1", "signature": "AA==", "trusted": true}',
    ],
)
def test_an_envelope_of_another_shape_is_no_envelope(wire: str) -> None:
    with pytest.raises(ValidationError):
        SignedArtefact.model_validate_json(wire)


def test_there_is_no_way_to_a_policy_around_the_signature() -> None:
    """`verify` is the only function of the module that turns bytes into a policy."""
    from platform_core.policy import sign as module

    makers = [
        name for name, f in vars(module).items() if getattr(f, "__annotations__", {}).get("return") == PolicyArtefact
    ]
    assert makers == ["verify"]
