"""Which suspensions are obeyed: signed for this environment, newer than the last, and kept over restarts."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from platform_core.policy.keys import PinnedKeys
from platform_core.policy.sign import SignedArtefact, UntrustedArtefact, sign, verify, verify_suspensions
from platform_core.policy.suspend import Suspensions
from platform_core.policy.suspended import Suspended
from tests.platform_core.policies import EMERGENCY, KEY, PINNED, a_policy, suspended

SHOP, SEED, ANA = {"server": "shop"}, {"server": "seed"}, {"person": "ana"}
STRANGER = Ed25519PrivateKey.generate()


def by_policy_key(document: Suspensions) -> SignedArtefact:
    return sign(document, key="dev-1", private=KEY)


def by_emergency_key(document: Suspensions) -> SignedArtefact:
    return sign(document, key="red-1", private=EMERGENCY)


class Place:
    """The folder that somebody may drop a file into, and the file that is kept."""

    def __init__(self, folder: Path) -> None:
        self.kept, self.folder = folder / "state" / "suspensions" / "production.json", folder / "suspensions"
        self.folder.mkdir()

    def opened(self, keys: PinnedKeys = PINNED) -> Suspended:
        """What a part that starts now obeys."""
        return Suspended(environment="production", keys=keys, kept=self.kept, folder=self.folder)

    def drop(self, envelope: SignedArtefact | str, *, name: str = "production.json") -> None:
        """Put a file into the folder, in one step as the command does."""
        text = envelope if isinstance(envelope, str) else envelope.model_dump_json()
        (self.folder / "new").write_text(text)
        os.replace(self.folder / "new", self.folder / name)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def obeyed(place: Place) -> Suspended:
    return place.opened()


def version(obeyed: Suspended) -> int | None:
    return obeyed.current.version if obeyed.current else None


def test_at_first_nothing_is_suspended(obeyed: Suspended) -> None:
    assert obeyed.current is None
    assert not obeyed.look()


@pytest.mark.parametrize("signed", [by_policy_key, by_emergency_key])
def test_what_either_key_has_signed_is_obeyed(obeyed: Suspended, signed: Any) -> None:
    assert obeyed.offer(signed(suspended(SHOP)))
    assert obeyed.current == suspended(SHOP)


def test_a_higher_version_replaces_the_whole(obeyed: Suspended) -> None:
    obeyed.offer(by_policy_key(suspended(SHOP, ANA)))
    assert obeyed.offer(by_policy_key(suspended(SEED, version=2)))
    assert obeyed.current == suspended(SEED, version=2)
    assert obeyed.offer(by_policy_key(suspended(version=3)))
    assert obeyed.current == suspended(version=3)


def test_the_same_again_is_no_news_and_no_fault(obeyed: Suspended, caplog: pytest.LogCaptureFixture) -> None:
    assert obeyed.offer(by_policy_key(suspended(SHOP)))
    assert "suspensions version 1: 1 entries" in caplog.text
    caplog.clear()
    assert not obeyed.offer(by_policy_key(suspended(SHOP)))
    assert not obeyed.offer(by_emergency_key(suspended(SHOP)))
    assert not caplog.records


def truncated() -> Any:
    whole = by_policy_key(suspended(SHOP, version=9)).model_dump(mode="json")
    return whole | {"payload": whole["payload"][: len(whole["payload"]) // 8 * 4]}


def tampered() -> Any:
    other = by_policy_key(suspended(version=9)).model_dump(mode="json")
    return other | {"signature": by_policy_key(suspended(SHOP)).model_dump(mode="json")["signature"]}


FAULTS: dict[str, tuple[object, str]] = {
    "older": (by_policy_key(suspended(SHOP, version=4)), "version 4 is not above 5"),
    "the same version, other content": (by_policy_key(suspended(SEED, version=5)), "version 5 is not above 5"),
    "the same version, nothing in it": (by_policy_key(suspended(version=5)), "version 5 is not above 5"),
    "of dev": (by_policy_key(suspended(SHOP, version=9, environment="dev")), "for the environment dev"),
    "by a stranger": (sign(suspended(version=9), key="dev-1", private=STRANGER), "does not fit the bytes"),
    "by a stranger in an emergency": (sign(suspended(version=9), key="red-1", private=STRANGER), "does not fit"),
    "by a key nobody pinned": (sign(suspended(version=9), key="mine", private=STRANGER), "not pinned"),
    "by the right key under the other name": (sign(suspended(version=9), key="red-1", private=KEY), "does not fit"),
    "a policy": (sign(a_policy(version=9), key="dev-1", private=KEY), "not a list of suspensions"),
    "truncated": (truncated(), "does not fit the bytes"),
    "tampered with": (tampered(), "does not fit the bytes"),
    "no envelope": ({"payload": 7}, "payload"),
    "a list": ([], "refused"),
    "nothing": (None, "refused"),
    "words": ("open everything", "refused"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_list_with_this_fault_changes_nothing(
    obeyed: Suspended, place: Place, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    obeyed.offer(by_policy_key(suspended(SHOP, ANA, version=5)))
    offered, says = FAULTS[fault]
    assert not obeyed.offer(offered)
    assert says in caplog.text
    assert obeyed.current == place.opened().current == suspended(SHOP, ANA, version=5)


# -- the emergency key


def test_the_emergency_key_closes_more_and_opens_nothing(obeyed: Suspended, caplog: pytest.LogCaptureFixture) -> None:
    obeyed.offer(by_policy_key(suspended(SHOP, ANA)))
    assert obeyed.offer(by_emergency_key(suspended(ANA, SHOP, SEED, version=2)))
    assert obeyed.offer(by_emergency_key(suspended(SHOP, ANA, SEED, version=3)))
    for fewer in (suspended(version=4), suspended(SHOP, SEED, version=4), suspended(SHOP, version=4)):
        assert not obeyed.offer(by_emergency_key(fewer))
    assert "the emergency key closes and never opens" in caplog.text
    assert version(obeyed) == 3


def test_what_the_emergency_key_closed_the_policy_key_opens(obeyed: Suspended) -> None:
    obeyed.offer(by_emergency_key(suspended(SHOP)))
    assert obeyed.offer(by_policy_key(suspended(version=2)))
    assert obeyed.current == suspended(version=2)


def test_the_emergency_key_signs_no_policy() -> None:
    with pytest.raises(UntrustedArtefact, match="'red-1', which is not pinned here for a policy"):
        verify(sign(a_policy(), key="red-1", private=EMERGENCY), PINNED)
    assert verify_suspensions(by_emergency_key(suspended()), PINNED) == suspended()


def test_a_list_of_suspensions_is_no_policy_whoever_signed_it() -> None:
    with pytest.raises(UntrustedArtefact, match="not a policy"):
        verify(by_policy_key(suspended(SHOP)), PINNED)


# -- the folder


def test_what_is_dropped_into_the_folder_is_obeyed_without_a_registry(obeyed: Suspended, place: Place) -> None:
    place.drop(by_emergency_key(suspended(SHOP)))
    assert obeyed.look()
    assert obeyed.current == suspended(SHOP)
    assert not obeyed.look(), "the same file is read once"
    place.drop(by_emergency_key(suspended(SHOP, ANA, version=2)))
    assert obeyed.look()
    assert version(obeyed) == 2


def test_what_lies_there_at_the_start_is_obeyed_from_the_start(place: Place) -> None:
    place.drop(by_emergency_key(suspended(SHOP)))
    assert place.opened().current == suspended(SHOP)


@pytest.mark.parametrize("name", ["dev.json", "production.json.new", "production", "x.json"])
def test_a_file_of_another_name_is_not_looked_at(place: Place, name: str) -> None:
    place.drop(by_emergency_key(suspended(SHOP)), name=name)
    assert place.opened().current is None


@pytest.mark.parametrize("text", ["", "[]", "not json", "\x00", "null", "{}", "[" * 100_000], ids=lambda t: t[:9])
def test_a_spoilt_file_changes_nothing_and_a_better_one_is_read(
    obeyed: Suspended, place: Place, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    obeyed.offer(by_policy_key(suspended(SHOP)))
    place.drop(text)
    assert not obeyed.look()
    assert version(obeyed) == 1
    assert any(record.levelname == "ERROR" for record in caplog.records)
    caplog.clear()
    assert not obeyed.look()
    assert not caplog.records, "a fault is told once"
    place.drop(by_policy_key(suspended(SEED, version=2)))
    assert obeyed.look()


def test_a_file_that_is_a_folder_changes_nothing(
    obeyed: Suspended, place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    (place.folder / "production.json").mkdir()
    assert not obeyed.look()
    assert "can't be read as suspensions" in caplog.text


def test_taking_the_file_away_opens_nothing(obeyed: Suspended, place: Place) -> None:
    place.drop(by_emergency_key(suspended(SHOP)))
    obeyed.look()
    (place.folder / "production.json").unlink()
    assert not obeyed.look()
    assert place.opened().current == obeyed.current == suspended(SHOP)


def test_an_older_file_that_lies_there_brings_nothing_back(place: Place) -> None:
    place.drop(by_emergency_key(suspended(SHOP)))
    place.opened().offer(by_policy_key(suspended(version=2)))
    assert place.opened().current == suspended(version=2)


# -- restarts


def test_suspensions_outlive_the_process(obeyed: Suspended, place: Place) -> None:
    obeyed.offer(by_policy_key(suspended(SHOP, version=3)))
    again = place.opened()
    assert again.current == suspended(SHOP, version=3)
    assert not again.offer(by_policy_key(suspended(version=2)))


def test_what_was_kept_is_verified_again(obeyed: Suspended, place: Place, caplog: pytest.LogCaptureFixture) -> None:
    obeyed.offer(by_policy_key(suspended(SHOP)))
    place.kept.write_text(json.dumps(tampered()))
    assert place.opened().current is None
    assert "suspensions are refused" in caplog.text


def test_what_was_kept_stays_closed_under_a_key_that_is_pinned_no_more(
    obeyed: Suspended, place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    obeyed.offer(by_policy_key(suspended(SHOP, version=3)))
    again = place.opened(PinnedKeys(policy={"dev-2": STRANGER.public_key()}))
    assert again.current == suspended(SHOP, version=3)
    assert "suspensions version 3 stay closed" in caplog.text
    assert not again.offer(sign(suspended(version=3), key="dev-2", private=STRANGER).model_dump())
    assert again.offer(sign(suspended(version=4), key="dev-2", private=STRANGER).model_dump())
    assert version(again) == 4


def test_what_was_kept_for_elsewhere_or_by_nobody_closes_nothing(obeyed: Suspended, place: Place) -> None:
    obeyed.offer(by_policy_key(suspended(SHOP)))
    stranger = PinnedKeys(policy={"dev-2": STRANGER.public_key()})
    elsewhere = Suspended(environment="dev", keys=stranger, kept=place.kept, folder=place.folder)
    assert elsewhere.current is None
    place.kept.write_text("{}")
    assert place.opened(stranger).current is None


def test_what_is_kept_is_for_this_account_alone(obeyed: Suspended, place: Place) -> None:
    obeyed.offer(by_policy_key(suspended(SHOP)))
    assert place.kept.parent.stat().st_mode & 0o077 == 0


def test_a_disk_that_keeps_nothing_does_not_stop_a_suspension(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("")
    obeyed = Suspended(environment="production", keys=PINNED, kept=tmp_path / "file" / "x.json", folder=tmp_path)
    assert obeyed.offer(by_policy_key(suspended(SHOP)))
    assert obeyed.current == suspended(SHOP)
    assert "will be missing after a restart" in caplog.text
