"""Whose documents are obeyed is pinned at deploy: one key, two while it changes, and one of its own for emergencies."""

import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from platform_core.errors import WiringError
from platform_core.policy.keys import PinnedKeys, read_pinned_keys
from platform_core.policy.sign import UntrustedArtefact, sign, verify, verify_suspensions
from tests.platform_core.policies import a_policy, suspended

OLD, NEW, NEXT, RED = (Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32) for seed in range(4))


def text_of(key: Ed25519PrivateKey) -> str:
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


def pinned(path: Path, policy: dict[str, str], emergency: dict[str, str] | None = None) -> PinnedKeys:
    """What a part reads that was deployed with these keys."""
    path.write_text(json.dumps({"policy": policy} | ({"emergency": emergency} if emergency is not None else {})))
    return read_pinned_keys(path)


def test_one_key_is_enough(path: Path) -> None:
    keys = pinned(path, {"one": text_of(OLD)})
    assert verify(sign(a_policy(), key="one", private=OLD), keys) == a_policy()
    assert dict(keys.emergency) == {}


def test_while_a_key_changes_both_are_obeyed_and_after_that_the_old_one_is_not(path: Path) -> None:
    by_old, by_new = sign(a_policy(), key="old", private=OLD), sign(a_policy(version=2), key="new", private=NEW)
    both = pinned(path, {"old": text_of(OLD), "new": text_of(NEW)})
    assert (verify(by_old, both).version, verify(by_new, both).version) == (1, 2)
    after = pinned(path, {"new": text_of(NEW)})
    assert verify(by_new, after).version == 2
    with pytest.raises(UntrustedArtefact, match="'old', which is not pinned here"):
        verify(by_old, after)


def test_three_keys_are_one_too_many(path: Path) -> None:
    with pytest.raises(WiringError, match=r"keys\.json pins 3 policy keys; at most 2 are valid"):
        pinned(path, {"old": text_of(OLD), "new": text_of(NEW), "next": text_of(NEXT)})


def test_the_emergency_key_is_for_suspensions_and_the_policy_key_for_both(path: Path) -> None:
    keys = pinned(path, {"one": text_of(OLD)}, {"red": text_of(RED)})
    for name, private in (("one", OLD), ("red", RED)):
        assert verify_suspensions(sign(suspended(), key=name, private=private), keys) == suspended()
    with pytest.raises(UntrustedArtefact, match="'red', which is not pinned here for a policy"):
        verify(sign(a_policy(), key="red", private=RED), keys)


@pytest.mark.parametrize("name", ["one", "red"])
def test_one_key_does_not_do_both(path: Path, name: str) -> None:
    with pytest.raises(WiringError, match="pins one key for policies and for emergencies; two keys are needed"):
        pinned(path, {"one": text_of(OLD)}, {name: text_of(OLD)})


def test_one_key_does_not_do_both_however_it_is_spelt(path: Path) -> None:
    """Base64 has bits at its end that say nothing."""
    whole = text_of(OLD)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    other = whole[:-2] + letters[letters.index(whole[-2]) ^ 1] + "="
    assert (base64.b64decode(other), other == whole) == (base64.b64decode(whole), False)
    with pytest.raises(WiringError, match="two keys are needed"):
        pinned(path, {"one": whole}, {"red": other})


def test_one_name_is_not_two_keys(path: Path) -> None:
    with pytest.raises(WiringError, match="two keys are needed"):
        pinned(path, {"one": text_of(OLD)}, {"one": text_of(RED)})


def test_without_a_policy_key_nothing_could_be_obeyed(path: Path) -> None:
    with pytest.raises(WiringError, match=r"keys\.json pins no key, so no policy could be obeyed"):
        pinned(path, {}, {"red": text_of(RED)})


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "7", "\x00", "{}", '{"policy": {}}', '{"dev-1": "AA=="}', '{"policy": {}, "emergency": 7}'),
        *('{"policy": {"dev-1": 7}}', '{"policy": {"dev-1": "AA=="}}', '{"policy": {"dev-1": "not base64!"}}'),
        json.dumps({"policy": {"one": text_of(OLD)}, "emergency": {"red": "AA=="}}),
        json.dumps({"policy": {"one": text_of(OLD)}, "root": {"red": text_of(RED)}}),
        json.dumps({"policy": {"one": text_of(OLD)[:-4]}}),
        json.dumps({"policy": {"one": f"!{text_of(OLD)}"}}),
    ],
)
def test_a_file_that_holds_no_keys_is_refused_by_name(path: Path, text: str) -> None:
    path.write_text(text)
    with pytest.raises(WiringError, match=r"keys\.json"):
        read_pinned_keys(path)


def test_a_missing_file_of_keys_is_refused_by_name(path: Path) -> None:
    with pytest.raises(WiringError, match=r"keys\.json"):
        read_pinned_keys(path)
