"""The agent's keys stay private and on disk, and its commands say what is wrong."""

from datetime import timedelta
from pathlib import Path

import pytest

from deploy.local.identity.keep import private_folder
from deploy.local.mesh.authorities import Authorities
from platform_core.errors import WiringError
from tests.deploy.local.mesh.running import RunningAgent

DOMAIN = "seedbed.internal"


def test_the_keys_are_for_their_owner_alone(agent: RunningAgent) -> None:
    folder = agent.folder / "state"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_an_authority_that_waits_for_nobody_does_not_sign_at_once(agent: RunningAgent) -> None:
    refused = agent.order("rotate")
    assert refused.returncode == 1
    assert "no authority waits: `publish` one" in refused.stderr


@pytest.mark.parametrize("path", ["gateway", "/", "/production//chat", "/production/../gateway", "/a b", "/gateway/"])
def test_what_can_be_no_spiffe_id_is_not_entered(agent: RunningAgent, path: str) -> None:
    refused = agent.order("enter", path)
    assert refused.returncode == 1
    assert "one looks like /production/service/reports" in refused.stderr


def test_each_trust_domain_has_authorities_of_its_own(tmp_path: Path) -> None:
    folder = private_folder(tmp_path / "state")
    one, other = Authorities(folder, DOMAIN).now(), Authorities(folder, "elsewhere.example").now()
    assert one.signing[0] != other.signing[0]


def test_an_authority_near_its_end_is_replaced_at_the_start(tmp_path: Path) -> None:
    folder = private_folder(tmp_path / "state")
    old = Authorities(folder, DOMAIN, life=timedelta(days=29)).now().signing[0]
    again = Authorities(folder, DOMAIN)
    again.renew()
    assert again.now().signing[0] != old
    assert old in [certificate for certificate, _ in again.now().authorities], "its SVIDs are still out there"
    again.renew()
    assert len(again.now().authorities) == 2, "one is enough"


def test_withdrawing_the_only_authority_leaves_it(tmp_path: Path) -> None:
    authorities = Authorities(private_folder(tmp_path / "state"), DOMAIN)
    assert authorities.withdraw() == []
    assert len(authorities.now().authorities) == 1


def test_rotation_waits_for_publication(tmp_path: Path) -> None:
    authorities = Authorities(private_folder(tmp_path / "state"), DOMAIN)
    with pytest.raises(WiringError, match="publish"):
        authorities.rotate()
    name = authorities.publish()
    assert authorities.rotate() == name
