"""Every list of members says the same as the folders."""

import re
from typing import Any

import pytest

from surfaces.cli.authoring.clone import Clone
from surfaces.cli.authoring.lists import written
from tests.repo.tree import ROOT, Member, members, modules, workspace

PACKAGES = {member.package for member in members()}
NAMES = {member.name for member in members()}
ODD_NAMES = {
    "platform_core": "seedbed-core",
    "surfaces/cli": "seedbed",
    "deploy/seed": "seedbed-server-seed",
}
"""Distributions that are not called after their folder."""
FAMILIES = {"servers": "seedbed-server-", "surfaces": "seedbed-surface-"}


def test_the_workspace_depends_on_every_member() -> None:
    assert set(workspace()["project"]["dependencies"]) == NAMES
    assert set(workspace()["tool"]["uv"]["sources"]) == NAMES


def test_the_import_contracts_know_every_member() -> None:
    contracts: dict[str, Any] = workspace()["tool"]["importlinter"]
    layers = next(c["layers"] for c in contracts["contracts"] if c["type"] == "layers")
    assert set(contracts["root_packages"]) == PACKAGES
    assert {name.strip() for layer in layers for name in layer.split("|")} == PACKAGES


def test_types_and_style_are_checked_in_every_folder() -> None:
    tops = {name.partition("/")[0] for name in modules()}
    assert tops <= set(workspace()["tool"]["pyright"]["include"])
    assert tops <= set(workspace()["tool"]["ruff"]["lint"]["isort"]["known-first-party"])


def test_the_lists_are_what_seedbed_new_would_write() -> None:
    clone = Clone(ROOT)
    text = clone.settings.read_text("utf-8")
    assert written(text, clone.members()) == text


@pytest.mark.parametrize("member", members(), ids=lambda member: member.package)
def test_a_member_is_named_after_its_folder(member: Member) -> None:
    top, _, last = member.folder.partition("/")
    regular = FAMILIES.get(top, "seedbed-") + (last or top).replace("_", "-")
    assert member.name == ODD_NAMES.get(member.folder, regular)


def test_all_members_have_one_version_licence_and_python() -> None:
    assert len({member.version for member in members()}) == 1
    assert {member.project["project"]["license"] for member in members()} == {"Apache-2.0"}
    assert {member.project["project"]["requires-python"] for member in members()} == {
        workspace()["project"]["requires-python"]
    }


@pytest.mark.parametrize("member", members(), ids=lambda member: member.package)
def test_a_member_depends_on_this_version_of_the_others(member: Member) -> None:
    major, minor, _ = member.version.split(".")
    span = f">={major}.{minor},<{major}.{int(minor) + 1}"
    needs = {re.sub(r"\[.*\]", "", need) for need in member.project["project"]["dependencies"]}
    siblings = {name for name in NAMES if f"{name}{span}" in needs}
    assert siblings == set(member.project["tool"].get("uv", {}).get("sources", {}))
