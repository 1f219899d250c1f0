"""A second look at a red run hides nothing: it is short, it can stay red, and it names what it saw."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests import alone
from tests.alone import MOST, again, remember, remembered


def passes(_: Sequence[str]) -> int:
    return 0


def fails(_: Sequence[str]) -> int:
    return 1


def test_what_passes_alone_is_named_as_unsteady(capsys: pytest.CaptureFixture[str]) -> None:
    assert again(["tests/a.py::test_a"], passes) == 0
    assert "UNSTEADY" in (said := capsys.readouterr().out)
    assert "tests/a.py::test_a" in said


def test_what_fails_alone_too_stays_red() -> None:
    assert again(["tests/a.py::test_a"], fails) == 1


@pytest.mark.parametrize("count", [0, MOST + 1])
def test_a_run_that_failed_as_a_whole_is_not_asked_again(count: int) -> None:
    assert again([f"tests/a.py::test_{number}" for number in range(count)], passes) == 1


def test_what_failed_is_asked_again_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alone, "FAILED", tmp_path / "build" / "failed.txt")
    remember(["tests/b.py::test_b", "tests/a.py::test_a[x]", "tests/b.py::test_b"])
    assert remembered() == ["tests/a.py::test_a[x]", "tests/b.py::test_b"]
    assert remembered() == [], "a run that broke off before it said what failed is not excused by an older one"
