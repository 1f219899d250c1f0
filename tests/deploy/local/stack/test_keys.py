"""Keys of a local stack: made once, pinned by their public halves, turned without a gap."""

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from deploy.local.stack.keys import Keys
from platform_core.errors import WiringError
from platform_core.policy.keys import read_pinned_keys


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path)


def public_half(keys: Keys, key: str) -> object:
    private = load_pem_private_key(keys.private(key).read_bytes(), password=None)
    assert isinstance(private, Ed25519PrivateKey)
    return private.public_key()


def test_the_first_keys_are_made_and_pinned(keys: Keys) -> None:
    pinned = read_pinned_keys(keys.pinned)
    assert pinned.policy == {"dev-1": public_half(keys, "dev-1")}
    assert pinned.emergency == {"dev-emergency": public_half(keys, "dev-emergency")}
    assert keys.signing == "dev-1"


def test_private_keys_are_for_this_account_alone(keys: Keys) -> None:
    assert keys.pinned.exists()
    assert {keys.private(key).stat().st_mode & 0o777 for key in ("dev-1", "dev-emergency")} == {0o600}


def test_pins_that_exist_stay_and_need_no_private_key(keys: Keys) -> None:
    before = keys.pinned.read_text()
    for key in ("dev-1", "dev-emergency"):
        keys.private(key).unlink()
    assert keys.pinned.read_text() == before
    assert not list(keys.folder.glob("*.pem"))


def test_a_stack_from_before_the_emergency_key_gets_one_and_keeps_its_own(keys: Keys) -> None:
    policy = json.loads(keys.pinned.read_text())["policy"]
    keys.pinned.write_text(json.dumps({"policy": policy}))
    keys.private("dev-emergency").unlink()
    told = json.loads(keys.pinned.read_text())
    assert told["policy"] == policy
    assert list(told["emergency"]) == ["dev-emergency"]


def test_lost_pins_are_found_again_from_the_keys(keys: Keys) -> None:
    before = keys.pinned.read_text()
    keys.pinned.unlink()
    assert keys.pinned.read_text() == before


def test_a_key_is_pinned_before_it_signs_and_the_old_one_until_it_is_withdrawn(keys: Keys) -> None:
    assert keys.publish() == "dev-2"
    assert (set(read_pinned_keys(keys.pinned).policy), keys.signing) == ({"dev-1", "dev-2"}, "dev-1")
    assert keys.rotate() == "dev-2"
    assert (set(read_pinned_keys(keys.pinned).policy), keys.signing) == ({"dev-1", "dev-2"}, "dev-2")
    assert keys.withdraw() == ["dev-1"]
    assert set(read_pinned_keys(keys.pinned).policy) == {"dev-2"}
    assert keys.publish() == "dev-3"


def test_a_key_that_waits_can_be_dropped_again(keys: Keys) -> None:
    keys.publish()
    assert keys.withdraw() == ["dev-2"]
    assert keys.signing == "dev-1"


def test_a_third_key_is_not_published(keys: Keys) -> None:
    keys.publish()
    with pytest.raises(WiringError, match="two keys are pinned already: dev-1, dev-2; withdraw the older one first"):
        keys.publish()


def test_nothing_signs_that_was_not_published(keys: Keys) -> None:
    with pytest.raises(WiringError, match="`publish` one"):
        keys.rotate()


def test_a_file_that_is_no_such_key_is_named(keys: Keys, tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    other = X25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "dev-1.pem").write_bytes(other)
    with pytest.raises(WiringError, match=r"dev-1\.pem is not an Ed25519 key; remove it"):
        keys.pinned  # noqa: B018
