"""A hosted server: it starts with a policy or not at all, goes on through every outage, and leaves politely."""

import json
import signal
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from platform_core.running import ServerSettings, socket_of
from tests.platform_core.house import House, a_house
from tests.platform_core.open_shop import answer_of
from tests.platform_core.plain_http import Answer
from tests.platform_core.policies import suspended
from tests.platform_core.registry import Registry, suspensions_line
from tests.platform_core.serving import PATIENCE, Deadline
from tests.platform_core.shop.wish import the_wish
from tests.platform_core.telemetry.entries import an_entry
from tests.platform_core.visits import VERSIONS, Era, both_eras


@pytest.fixture(scope="module")
def running_house() -> Generator[House]:
    with tempfile.TemporaryDirectory(prefix="sb-") as folder, a_house(Path(folder)) as house:
        house.registry.publish(the_wish())
        house.start()
        yield house
        house.end()


@pytest.fixture
def house(running_house: House) -> House:
    """The running house, with its registry up and the shop's own wish in force."""
    running_house.diary.write_text("")
    return running_house


def ok(answer: Answer) -> bool:
    return answer.status_code == 200 and not answer_of(answer)["result"].get("isError")


def rule(answer: Answer) -> str:
    return answer_of(answer)["result"]["structuredContent"]["rule"]


def record_of(registry: Registry, thing: str) -> dict[str, Any]:
    """The record of the call about `thing`, as it reached the registry."""

    def about(entry: dict[str, Any]) -> bool:
        return f'"{thing}"' in entry["record"].get("arguments", "")

    registry.wait_for(lambda r: any(about(entry) for entry in r.records))
    (entry,) = [entry for entry in registry.records if about(entry)]
    return entry["record"]


# -- in good days


@both_eras
def test_one_call_goes_through_and_its_record_reaches_the_registry(house: House, era: Era) -> None:
    assert ok(house.call("ana", "look", {"thing": f"vase of {era}"}, era=era))
    record = record_of(house.registry, f"vase of {era}")
    assert (record["environment"], record["user"], record["outcome"], record["era"]) == (
        "production",
        "ana",
        "ok",
        VERSIONS[era],
    )


@both_eras
def test_the_second_lock_is_locked(house: House, era: Era) -> None:
    assert rule(house.call("bo", "buy", {"thing": "vase"}, era=era)) == "shop/gate"
    assert house.call("carl", "look", {"thing": "vase"}, era=era).status_code == 403
    assert house.diary.read_text() == ""


def test_the_socket_stands_where_the_proxy_looks_and_is_closed_to_others(house: House) -> None:
    assert house.socket == socket_of(house.folder, "production", "shop")
    assert house.socket.stat().st_mode & 0o007 == 0
    assert house.socket.parent.stat().st_mode & 0o007 == 0


def test_a_new_policy_is_obeyed_without_a_restart(house: House) -> None:
    version = the_wish().version
    narrow = the_wish(version=version + 1, gate={"business_groups": ["ads"]})
    house.registry.publish(narrow)
    wait_for_version(house, version + 1)
    assert house.call("ana", "look", {"thing": "vase"}).status_code == 403
    assert house.call("ada", "look", {"thing": "vase"}).status_code == 200
    house.registry.publish(the_wish(version=version + 2))
    wait_for_version(house, version + 2)
    assert ok(house.call("ana", "look", {"thing": "vase"}))


def wait_for_version(house: House, version: int) -> None:
    """Return when this version is in force, by the shop's own numbers."""
    deadline = Deadline()
    while f"seedbed_policy_version {float(version)}" not in house.get("/metrics").text:
        deadline.check(f"version {version} is not in force")


# -- what stands above policies


def wait_until(house: House, status: int) -> Answer:
    """Return ana's answer when it has this status."""
    deadline = Deadline()
    while (answer := house.call("ana", "look", {"thing": "vase"})).status_code != status:
        deadline.check(f"the answer is still {answer.status_code}")
    return answer


def test_a_suspension_is_obeyed_while_the_registry_is_down_and_after_a_restart(new_house: House) -> None:
    new_house.registry.publish(the_wish())
    new_house.start()
    new_house.registry.down()
    assert ok(new_house.call("ana", "look", {"thing": "vase"}))
    new_house.drop(suspended({"person": "ana"}))
    assert wait_until(new_house, 403).json()["rule"] == "shop/suspended"
    assert ok(new_house.call("bo", "look", {"thing": "vase"}))
    assert new_house.end() == 0
    (new_house.folder / "suspensions" / "production.json").unlink()
    new_house.start()
    assert wait_until(new_house, 403).json()["rule"] == "shop/suspended"
    new_house.registry.up()
    new_house.registry.wait_for(lambda r: len(r.asked) > 1)
    new_house.registry.say(suspensions_line(suspended(version=2)))
    wait_until(new_house, 200)


def test_a_lease_that_ran_out_closes_a_server_until_the_registry_is_heard(new_house: House) -> None:
    new_house.registry.publish(the_wish())
    new_house.start()
    assert new_house.end() == 0
    new_house.registry.down()
    new_house.start(SEEDBED_PLATFORM_LEASE_SENSITIVE_SECONDS="0.001", SEEDBED_PLATFORM_LEASE_SECONDS="0.002")
    assert wait_until(new_house, 403).json()["rule"] == "shop/lease"
    assert number(new_house, "seedbed_lease_age_seconds") > 0.002
    assert new_house.end() == 0
    new_house.start(SEEDBED_PLATFORM_LEASE_SENSITIVE_SECONDS="0.001")
    assert rule(new_house.call("ana", "paint", {"colour": "red"})) == "shop/lease"
    assert ok(new_house.call("ana", "buy", {"thing": "vase"}))


def number(house: House, name: str) -> float:
    """A reading of the shop's own."""
    (line,) = [line for line in house.get("/metrics").text.splitlines() if line.startswith(f"{name} ")]
    return float(line.split()[1])


# -- outages


def test_without_a_registry_enforcement_goes_on_and_records_arrive_later(house: House) -> None:
    house.registry.down()
    try:
        assert ok(house.call("ana", "look", {"thing": "lonely vase"}))
        assert rule(house.call("bo", "buy", {"thing": "vase"})) == "shop/gate"
        assert house.get("/health/ready").json() == {"ready": True}
    finally:
        house.registry.up()
    assert record_of(house.registry, "lonely vase")["outcome"] == "ok"


def test_without_an_issuer_the_keys_at_hand_go_on(house: House) -> None:
    house.issuer.status = 503
    try:
        assert ok(house.call("ana", "look", {"thing": "vase"}))
        assert house.call("carl", "look", {"thing": "vase"}).status_code == 403
    finally:
        house.issuer.status = 200


def test_after_a_kill_every_answered_call_has_exactly_one_record(new_house: House) -> None:
    new_house.registry.publish(the_wish())
    new_house.start()
    new_house.registry.down()  # from here on the answered calls are on the disk alone
    answered = [str(number) for number in range(50) if ok(new_house.call("ana", "look", {"thing": str(number)}))]
    assert new_house.end(signal.SIGKILL) == -signal.SIGKILL
    new_house.registry.up()
    new_house.start()
    new_house.registry.wait_for(lambda r: len(r.records) >= 50)
    about = [json.loads(entry["record"]["arguments"])["thing"] for entry in new_house.registry.records]
    assert about == answered == [str(number) for number in range(50)]
    ids = [entry["record"]["id"] for entry in new_house.registry.records]
    assert len(set(ids)) == len(ids)


def test_a_server_starts_from_its_own_disk_while_the_registry_is_down(new_house: House) -> None:
    new_house.registry.publish(the_wish())
    new_house.start()
    assert new_house.end() == 0
    new_house.registry.down()
    new_house.start()
    assert ok(new_house.call("ana", "look", {"thing": "vase"}))
    assert rule(new_house.call("bo", "buy", {"thing": "vase"})) == "shop/gate"


def test_a_withdrawn_server_is_closed_and_says_so(new_house: House) -> None:
    new_house.registry.publish(the_wish())
    new_house.start()
    new_house.registry.withdraw("shop")
    wait_for_version(new_house, 0)
    answer = new_house.call("ana", "look", {"thing": "vase"})
    assert answer.status_code == 403
    assert answer.json()["code"] == "authorization_denied"


def test_a_gap_in_the_records_is_shown_in_the_numbers(new_house: House) -> None:
    new_house.registry.publish(the_wish())
    new_house.registry.answers = [503] * 1000  # nothing is taken, so the spool stays as full as it is
    spool = new_house.folder / "state" / "production" / "shop" / "spool"
    spool.mkdir(parents=True)
    with (spool / "00000001.jsonl").open("wb") as file:
        file.write(msgspec.json.encode(an_entry(1)) + b"\n")
        file.truncate(ServerSettings.load().spool_bytes)
    new_house.start()
    assert ok(new_house.call("ana", "look", {"thing": "vase"}))
    assert "seedbed_records_lost 1.0" in new_house.get("/metrics").text


# -- the end


def test_on_leaving_health_says_no_first_and_calls_still_end_well(new_house: House) -> None:
    new_house.registry.publish(the_wish())
    new_house.start(SEEDBED_SERVER_DRAIN_SECONDS="2")
    assert new_house.get("/health/ready").status_code == 200
    new_house.tell(signal.SIGTERM)
    deadline = Deadline()
    while new_house.get("/health/ready").status_code != 503:
        deadline.check("health still says yes")
    assert new_house.get("/health/live").status_code == 200
    assert ok(new_house.call("ana", "look", {"thing": "vase"}))
    assert new_house.process is not None
    assert new_house.process.wait(PATIENCE) == 0
    with pytest.raises(OSError):  # noqa: PT011  # refused or gone: nobody listens any more
        new_house.get("/health/live")
