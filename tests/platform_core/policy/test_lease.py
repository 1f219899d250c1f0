"""The registry's last word has an age, and no restart, no missing file and no step of a clock makes it younger."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from platform_core.policy import lease
from platform_core.policy.lease import WRITE_EVERY, LeaseClock

HOUR, DAY = 3_600.0, 86_400.0


class Machine:
    """A machine whose clocks the test moves: the wall clock, and the one that runs since it was started."""

    def __init__(self) -> None:
        self.wall, self.steady, self.boot = 1_800_000_000.0, 5_000.0, "first"

    def passes(self, seconds: float) -> None:
        """Time goes by."""
        self.wall += seconds
        self.steady += seconds

    def starts_anew(self, after: float = 0.0) -> None:
        """The machine is off for a while."""
        self.boot, self.steady = self.boot + "+", 10.0
        self.wall += after


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "production"


def clock(machine: Machine, file: Path) -> LeaseClock:
    """What a process that starts now knows."""
    return LeaseClock(
        file,
        sensitive=HOUR,
        whole=DAY,
        wall=lambda: machine.wall,
        steady=lambda: machine.steady,
        boot=lambda: machine.boot,
    )


@pytest.fixture
def heard(machine: Machine, file: Path) -> LeaseClock:
    """A lease that was renewed just now."""
    fresh = clock(machine, file)
    fresh.heard()
    return fresh


def test_who_never_heard_the_registry_obeys_nothing(machine: Machine, file: Path) -> None:
    assert clock(machine, file).age == math.inf
    assert clock(machine, file).state == "lapsed"


@pytest.mark.parametrize(
    ("age", "state"),
    [(0, "fresh"), (HOUR, "fresh"), (HOUR + 0.1, "stale"), (DAY, "stale"), (DAY + 0.1, "lapsed"), (9 * DAY, "lapsed")],
)
def test_a_lease_is_fresh_then_stale_then_lapsed(machine: Machine, heard: LeaseClock, age: float, state: str) -> None:
    machine.passes(age)
    assert heard.age == pytest.approx(age)
    assert heard.state == state


def test_every_word_of_the_registry_renews_it(machine: Machine, heard: LeaseClock) -> None:
    machine.passes(2 * DAY)
    assert heard.state == "lapsed"
    heard.heard()
    assert (heard.age, heard.state) == (0, "fresh")


# -- restarts


@pytest.mark.parametrize("age", [0.0, 100.0, HOUR + 1, DAY + 1])
def test_a_restart_keeps_the_age(machine: Machine, heard: LeaseClock, file: Path, age: float) -> None:
    machine.passes(age)
    assert clock(machine, file).age == pytest.approx(heard.age)


@pytest.mark.parametrize("age", [0.0, 100.0, HOUR + 1, DAY + 1])
def test_a_restart_of_the_machine_keeps_the_age(machine: Machine, heard: LeaseClock, file: Path, age: float) -> None:
    machine.starts_anew(after=age)
    assert clock(machine, file).age == pytest.approx(age)


def test_after_a_restart_time_goes_on(machine: Machine, heard: LeaseClock, file: Path) -> None:
    machine.passes(HOUR - 10)
    again = clock(machine, file)
    machine.passes(11)
    assert again.state == "stale"


def test_the_moment_is_written_seldom_and_a_restart_makes_it_older_by_no_more_than_that(
    machine: Machine, heard: LeaseClock, file: Path
) -> None:
    first = file.read_bytes()
    machine.passes(WRITE_EVERY - 1)
    heard.heard()
    assert file.read_bytes() == first
    assert heard.age <= clock(machine, file).age < WRITE_EVERY
    machine.passes(1)
    heard.heard()
    assert file.read_bytes() != first
    assert clock(machine, file).age == 0


# -- clocks


@pytest.mark.parametrize("step", [-10 * DAY, -HOUR, -1, 1, HOUR, 10 * DAY])
def test_a_step_of_the_wall_clock_changes_no_age(machine: Machine, heard: LeaseClock, file: Path, step: float) -> None:
    machine.passes(HOUR + 1)
    machine.wall += step
    assert heard.state == "stale"
    assert clock(machine, file).age == pytest.approx(HOUR + 1), "nor over a restart of the process"


def test_after_a_restart_of_the_machine_a_clock_that_went_back_is_not_believed(
    machine: Machine, heard: LeaseClock, file: Path
) -> None:
    machine.starts_anew(after=-1)
    assert clock(machine, file).state == "lapsed"


def test_after_a_restart_of_the_machine_a_clock_that_went_forward_makes_it_older(
    machine: Machine, heard: LeaseClock, file: Path
) -> None:
    machine.starts_anew(after=100 * DAY)
    assert clock(machine, file).state == "lapsed"


def test_a_machine_that_runs_shorter_than_it_did_is_another_one(
    machine: Machine, heard: LeaseClock, file: Path
) -> None:
    """The same boot, as a restored container says, with less time since then than there was."""
    machine.steady -= 1
    assert clock(machine, file).state == "lapsed"


# -- the file

GOOD = {"boot": "first", "steady": 4_999.0, "wall": 1_799_999_999.0}


@pytest.mark.parametrize(
    "text",
    [
        *("", "\x00", "not json", "null", "[]", "7", "1799999999.0", "{}", '{"boot": "first"}', "[" * 100_000),
        *(json.dumps(GOOD | {"steady": value}) for value in ("4999", None, True)),
        *(json.dumps({name: value for name, value in GOOD.items() if name != gone}) for gone in GOOD),
        *(
            json.dumps(GOOD | {"steady": 4999}).replace("4999", odd)
            for odd in ("NaN", "-Infinity", "Infinity", "1e999")
        ),
        json.dumps(GOOD)[:-4],
    ],
    ids=lambda text: text[:20],
)
def test_a_file_that_says_nothing_clear_counts_as_never_heard(machine: Machine, file: Path, text: str) -> None:
    file.parent.mkdir()
    file.write_text(json.dumps(GOOD))
    assert clock(machine, file).age == pytest.approx(1)
    file.write_text(text)
    assert clock(machine, file).age == math.inf


def test_a_file_that_cant_be_read_counts_as_never_heard(machine: Machine, file: Path) -> None:
    file.mkdir(parents=True)
    assert clock(machine, file).state == "lapsed"


def test_a_disk_that_keeps_nothing_leaves_the_running_lease_alone(
    machine: Machine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "full").write_text("a file where a folder should be")
    running = clock(machine, tmp_path / "full" / "lease")
    running.heard()
    assert running.state == "fresh"
    assert "will be missing after a restart" in caplog.text


def test_the_machines_own_clock_goes_on_while_it_sleeps_and_cant_be_set(
    monkeypatch: pytest.MonkeyPatch, file: Path
) -> None:
    asked: list[int] = []

    def gettime(which: int) -> float:
        asked.append(which)
        return 7.0

    monkeypatch.setattr(lease.time, "clock_gettime", gettime)
    assert LeaseClock(file, sensitive=HOUR, whole=DAY).age == math.inf
    assert set(asked) == {lease.time.CLOCK_BOOTTIME}


def test_the_real_clocks_agree_over_a_restart(file: Path) -> None:
    told: dict[str, Any] = {"sensitive": HOUR, "whole": DAY}
    LeaseClock(file, **told).heard()
    assert LeaseClock(file, **told).state == "fresh"
    assert json.loads(file.read_text()).keys() == {"boot", "steady", "wall"}
