"""A new server is the seed under another name: complete, tested, and nothing else is touched."""

import re
import tomllib
from pathlib import Path

import pytest

from surfaces.cli.authoring import lists, planting
from surfaces.cli.authoring.clone import Clone
from surfaces.cli.authoring.naming import planned
from surfaces.cli.failures import Unusable
from tests.repo.tree import ROOT, files
from tests.surfaces.cli.authoring.checkout import Checkout

BIKES = ("city-bikes", "support", "ask-bikes")
PLACES = ("servers/city_bikes/", "tests/servers/city_bikes/")
PARTS = ("deploy/seed/", "tests/deploy/seed/", *(name for name in files() if name.endswith("/pyproject.toml")))


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """What of a clone a new server is made of."""
    return Clone(Checkout.copied(tmp_path_factory.mktemp("clone"), *PARTS).root)


@pytest.fixture(scope="module")
def before(clone: Clone) -> dict[str, bytes]:
    return contents(clone)


@pytest.fixture(scope="module")
def planted(clone: Clone, before: dict[str, bytes]) -> list[Path]:
    """The files that `seedbed new city-bikes` makes, beside what was there."""
    assert before
    made = planting.plant(clone, planned(clone, *BIKES))
    lists.write(clone)
    return made


def contents(clone: Clone) -> dict[str, bytes]:
    caches = (".ruff_cache", "__pycache__")
    found = (file for file in clone.root.rglob("*") if file.is_file() and not set(caches) & set(file.parts))
    return {str(file.relative_to(clone.root)): file.read_bytes() for file in found}


def test_nothing_but_its_folders_and_the_lists_is_touched(
    clone: Clone, before: dict[str, bytes], planted: list[Path]
) -> None:
    after = contents(clone)
    fresh = sorted(after.keys() - before.keys())
    assert fresh == sorted(map(str, planted))
    assert all(name.startswith(PLACES) for name in fresh)
    assert [name for name in before if after[name] != before[name]] == ["pyproject.toml"]
    old, new = (each["pyproject.toml"].decode().splitlines() for each in (before, after))
    assert all("bikes" in line for line in new if line not in old)
    assert len([line for line in old if line not in new]) == 1, "the line of siblings is written anew"


def test_nothing_of_the_seed_s_names_is_left(clone: Clone, planted: list[Path]) -> None:
    seed = re.compile(r"\bseed\b|\bSeed\b|ask-platform")
    assert len(planted) == 9
    assert [file for file in planted if seed.search((clone.root / file).read_text("utf-8"))] == []


@pytest.mark.usefixtures("planted")
def test_it_says_who_answers_for_it_and_how_it_is_started(clone: Clone) -> None:
    facts = (clone.root / PLACES[0] / "server.yaml").read_text("utf-8")
    assert "name: city-bikes\ntitle: City bikes\n" in facts
    assert 'owner: support\nchannels: ["#ask-bikes"]' in facts
    project = tomllib.loads((clone.root / PLACES[0] / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["scripts"] == {"seedbed-server-city-bikes": "servers.city_bikes.__main__:main"}


@pytest.mark.usefixtures("planted")
def test_nothing_is_overwritten(clone: Clone) -> None:
    with pytest.raises(Unusable, match="is there already"):
        planned(clone, *BIKES)


@pytest.mark.parametrize("name", ["presto", "garden", "seed", "registry", "class"])
def test_a_name_that_clashes_is_refused(name: str) -> None:
    with pytest.raises(Unusable, match=name):
        planned(Clone(ROOT), name, "support", "ask-bikes")


@pytest.mark.parametrize("name", ["..", "../b", "/b", "a/b", "Bikes", "a--b", "b-", "", "b\n", "-b"])
def test_a_name_that_climbs_or_is_none_is_refused(name: str) -> None:
    with pytest.raises(Unusable, match="is no server's name"):
        planned(Clone(ROOT), name, "support", "ask-bikes")


def test_a_folder_that_is_a_link_to_nowhere_is_in_the_way_too(tmp_path: Path) -> None:
    (tmp_path / "servers").mkdir()
    (tmp_path / "servers" / "bikes").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Unusable, match="servers/bikes is there already"):
        planned(Clone(tmp_path), "bikes", "support", "ask-bikes")


@pytest.mark.parametrize(
    ("team", "channel"), [("A Team", "ask"), ("", "ask"), ("ops", ""), ("ops", 'https://x/"]'), ("ops", "a b")]
)
def test_a_server_needs_a_team_that_can_be_asked(team: str, channel: str) -> None:
    with pytest.raises(Unusable):
        planned(Clone(ROOT), "bikes", team, channel)


@pytest.mark.parametrize("channel", ["ask-bikes", "#ask-bikes", "https://chat.example/c/1", "bikes@example.com"])
def test_a_channel_a_link_and_an_address_are_places_to_ask(channel: str) -> None:
    assert planned(Clone(ROOT), "bikes", "ops", channel).channel.endswith(channel)


def test_outside_a_clone_the_command_says_where_it_works(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="in no clone of the Seedbed repository"):
        Clone.around(tmp_path)
