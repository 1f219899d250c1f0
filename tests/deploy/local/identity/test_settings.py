"""What the provider accepts as settings."""

from pathlib import Path

import pytest

from deploy.local.identity.settings import IdentitySettings
from platform_core.errors import WiringError


def test_it_listens_on_loopback_and_says_so_in_its_issuer(tmp_path: Path) -> None:
    assert IdentitySettings.load(state=tmp_path, port=9000).issuer == "http://127.0.0.1:9000"
    assert IdentitySettings.load(state=tmp_path, host="::1", port=9000).issuer == "http://[::1]:9000"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.4", "10.0.0.1"])  # noqa: S104 - refused here
def test_it_refuses_to_be_reached_from_elsewhere(tmp_path: Path, host: str) -> None:
    with pytest.raises(WiringError, match=r"SEEDBED_IDENTITY_HOST.*loopback only"):
        IdentitySettings.load(state=tmp_path, host=host)


def test_it_signs_nothing_that_lives_longer_than_a_quarter_of_an_hour(tmp_path: Path) -> None:
    with pytest.raises(WiringError, match="SEEDBED_IDENTITY_ACCESS_SECONDS"):
        IdentitySettings.load(state=tmp_path, access_seconds=901)


def test_the_platform_is_a_scheme_a_host_and_a_port(tmp_path: Path) -> None:
    assert IdentitySettings.load(state=tmp_path, platform_url="http://127.0.0.1:8080/").platform_url[-4:] == "8080"
    with pytest.raises(WiringError, match="SEEDBED_IDENTITY_PLATFORM_URL"):
        IdentitySettings.load(state=tmp_path, platform_url="http://127.0.0.1:8080/mcp")
