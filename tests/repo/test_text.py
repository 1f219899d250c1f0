"""What no file of the repository says."""

import re

from tests.repo.tree import texts

MACHINE = re.compile(r"/(?:root|work|Users)/|/home/[a-z]")
HOSTS = re.compile(
    r"(?:pypi|npmjs|pythonhosted)\.org|registry\.npmjs|proxy\.golang\.org|maven\.org|deb\.debian\.org|(?:ghcr|docker)\.io"
)
MAKING = re.compile(
    r"\b(?:TODO|FIXME|XXX|WIP|co-authored-by|generated with|as requested|this session|the brief says)\b", re.IGNORECASE
)
"""Words about the making of a file, not about its subject."""


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    assert not _found(MACHINE)


def test_no_file_names_a_package_registry() -> None:
    assert not _found(HOSTS)


def test_no_file_talks_about_how_it_was_made() -> None:
    assert not _found(MAKING)


def _found(pattern: re.Pattern[str]) -> list[str]:
    own = "tests/repo/test_text.py"
    return [f"{name}: {hit[0]}" for name, text in texts() if name != own for hit in pattern.finditer(text)]
