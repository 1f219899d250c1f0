"""Whoever shares a stack shares it: tests beside each other start each real part once."""

from tests.repo.tree import ROOT
from tests.together import SHARED, group


def test_folders_that_share_a_part_are_one_group_and_all_others_go_by_file() -> None:
    assert group("tests/e2e/test_a.py::test_a[x]") == group("tests/e2e/test_b.py::test_b") == "tests/e2e/"
    assert group("tests/gateway/test_a.py::test_a[b/c::d]") == "tests/gateway/test_a.py"


def test_the_folders_are_there() -> None:
    assert [folder for folder in SHARED if not (ROOT / folder).is_dir()] == []
