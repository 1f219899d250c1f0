"""An SVID that can't be wrong: one name, its own key, an authority to believe."""

import os
from collections.abc import Callable
from dataclasses import replace

import pytest

from deploy.local.mesh.certificates import Pair, new_authority, new_svid
from platform_core.mesh.svid import BadSvid, Svid, spiffe_id_of
from platform_core.mesh.wire import IssuedSvid, Unreadable, read_svids, write_svids
from tests.deploy.local.mesh.forge import forged, issued

CHAT, BOT = "spiffe://seedbed.internal/production/web-chat", "spiffe://seedbed.internal/production/chat-bot"


@pytest.fixture(scope="module")
def authority() -> Pair:
    return new_authority("seedbed.internal")


@pytest.fixture(scope="module")
def good(authority: Pair) -> IssuedSvid:
    return issued(new_svid(authority, CHAT, 60), CHAT, authority[0])


def test_a_good_one_says_who_it_is_whom_to_believe_and_when_it_ends(authority: Pair, good: IssuedSvid) -> None:
    svid = Svid.parse(good)
    assert (svid.spiffe_id, svid.authorities, svid.in_force) == (CHAT, (authority[0],), True)
    assert svid.not_after == svid.chain[0].not_valid_after_utc.timestamp()


def test_a_chain_and_a_bundle_may_hold_several(authority: Pair, good: IssuedSvid) -> None:
    other = issued(new_authority("seedbed.internal"), CHAT)
    svid = Svid.parse(replace(good, chain=good.chain + other.chain, bundle=good.bundle + other.chain))
    assert len(svid.chain) == len(svid.authorities) == 2
    assert svid.certificate.count(b"BEGIN CERTIFICATE") == 2


BAD: dict[str, tuple[str, Callable[[IssuedSvid], IssuedSvid]]] = {
    "no certificate": ("without a certificate", lambda svid: replace(svid, chain=b"")),
    "nobody to believe": ("without a bundle", lambda svid: replace(svid, bundle=b"")),
    "half a certificate": ("can't be read", lambda svid: replace(svid, chain=svid.chain[:-1])),
    "something after it": ("can't be read", lambda svid: replace(svid, chain=svid.chain + b"\x00")),
    "no key": ("can't be read", lambda svid: replace(svid, key=b"")),
    "another name than it says": (f"names {CHAT}", lambda svid: replace(svid, spiffe_id=BOT)),
}


@pytest.mark.parametrize("fault", BAD)
def test_what_an_agent_got_wrong_is_refused_and_named(good: IssuedSvid, fault: str) -> None:
    words, spoil = BAD[fault]
    with pytest.raises(BadSvid, match=words):
        Svid.parse(spoil(good))


def test_the_key_of_another_certificate_is_refused(authority: Pair, good: IssuedSvid) -> None:
    other = issued(new_svid(authority, CHAT, 60), CHAT, authority[0])
    with pytest.raises(BadSvid, match="another certificate's key"):
        Svid.parse(replace(good, key=other.key))


@pytest.mark.parametrize(
    "uris", [(), (CHAT, BOT), ("https://seedbed.internal/",), (CHAT, "https://seedbed.internal/")], ids=str
)
def test_a_certificate_names_exactly_one_spiffe_id(authority: Pair, uris: tuple[str, ...]) -> None:
    with pytest.raises(BadSvid, match=r"exactly one SPIFFE id|it has no names"):
        spiffe_id_of(forged(authority, *uris)[0])


def test_an_authority_is_no_workload(authority: Pair) -> None:
    with pytest.raises(BadSvid, match="be no authority"):
        spiffe_id_of(forged(authority, CHAT, authority_too=True)[0])


def test_the_key_is_in_no_representation(good: IssuedSvid) -> None:
    svid = Svid.parse(good)
    assert b"PRIVATE KEY" in svid.key
    assert "PRIVATE" not in repr(svid)
    assert repr(good.key) not in repr(good)


def test_what_is_written_is_what_is_read(good: IssuedSvid) -> None:
    assert read_svids(write_svids([good, good])) == (good, good)


def test_what_is_no_answer_of_an_agent_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        read_svids(b"\xff" + os.urandom(64))
