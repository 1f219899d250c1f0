"""A hosted server starts with everything that it must obey and believe, or it says what is missing and ends."""

import json
import logging
from pathlib import Path

import pytest

from platform_core.errors import WiringError
from platform_core.policy.sign import SignedArtefact
from platform_core.running import Process, ServerSettings, host_security
from platform_core.telemetry.spool import SEGMENT_BYTES
from tests.platform_core.house import House
from tests.platform_core.registry import signed
from tests.platform_core.shop.server import server
from tests.platform_core.shop.wish import the_wish


@pytest.fixture
def told(new_house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """The house, with this process told about it: a start that fails needs no process of its own."""
    for name, value in new_house.settings.items():
        monkeypatch.setenv(name, value)
    return new_house


async def refused_start(caplog: pytest.LogCaptureFixture) -> str:
    """Start in this process; returns what the log says about the end."""
    caplog.set_level(logging.INFO, logger="uvicorn.error")  # whoever ran before may have turned it down
    with pytest.raises(SystemExit) as ended:
        await Process(server).run()
    assert ended.value.code != 0
    return caplog.text


def tampered() -> SignedArtefact:
    wider = signed(the_wish(gate={"business_groups": ["*"]})).model_dump(mode="json")
    narrower = signed(the_wish(version=9)).model_dump(mode="json")
    return SignedArtefact.model_validate_json(json.dumps(wider | {"signature": narrower["signature"]}))


@pytest.mark.parametrize(
    ("policy", "says"),
    [
        (None, "there is no policy that shop may obey"),
        (tampered(), "does not fit the bytes"),
        (signed(the_wish(server="seed")), "it is for the server seed"),
        (signed(the_wish(environment="dev")), "it is for the environment dev"),
        (
            signed(the_wish(contract_digest="sha256:" + "1" * 64)),
            "it was reviewed for the contract sha256:111111111111",
        ),
        (signed(the_wish(issued_at=1, not_after=2)), "it has expired"),
    ],
    ids=["none", "tampered", "another server", "another environment", "another contract", "expired"],
)
async def test_without_a_policy_that_it_may_obey_a_server_does_not_start(
    told: House, policy: SignedArtefact | None, says: str, caplog: pytest.LogCaptureFixture
) -> None:
    if policy is not None:
        told.registry.publish(policy)
    log = await refused_start(caplog)
    assert says in log
    assert "there is no policy that shop may obey" in log


async def test_without_an_issuer_a_server_does_not_start(
    told: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("SEEDBED_SERVER_START_SECONDS", "0.2")
    told.registry.publish(the_wish())
    told.issuer.status = 503
    assert "shop got no policy or no key set within 0.2 s" in await refused_start(caplog)


async def test_a_second_process_of_one_server_does_not_take_its_socket(
    told: House, monkeypatch: pytest.MonkeyPatch, nook: Path
) -> None:
    told.registry.publish(the_wish())
    told.start()
    monkeypatch.setenv("SEEDBED_PLATFORM_STATE", str(nook / "another"))
    with pytest.raises(WiringError, match="another process already listens at"):
        await Process(server).run()
    assert told.get("/health/live").status_code == 200


async def test_a_missing_list_of_pinned_keys_ends_the_start(told: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEEDBED_PLATFORM_POLICY_KEYS_FILE", str(told.folder / "nowhere.json"))
    with pytest.raises(WiringError, match=r"nowhere\.json can't be read as pinned keys"):
        Process(server)


@pytest.mark.parametrize("size", [1024 * 1024, 2 * SEGMENT_BYTES - 1])
def test_a_spool_without_room_for_two_files_is_refused(size: int) -> None:
    with pytest.raises(WiringError):
        ServerSettings.load(spool_bytes=size)


def test_only_the_environments_own_host_and_pages_are_taken() -> None:
    security = host_security("https://mcp.example.com:8443")
    assert security.allowed_hosts == ["mcp.example.com", "mcp.example.com:*"]
    assert security.allowed_origins == ["https://mcp.example.com:8443"]
    assert security.enable_dns_rebinding_protection
