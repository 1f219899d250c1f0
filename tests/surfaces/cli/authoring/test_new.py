"""A new server is the seed under another name: complete, tested, and nothing else is touched."""

import re
import tomllib
from pathlib import Path

import pytest

from surfaces.cli.authoring.clone import Clone
from surfaces.cli.authoring.naming import planned
from surfaces.cli.failures import Unusable
from tests.repo.tree import ROOT
from tests.surfaces.cli.authoring.checkout import Checkout, Done

BIKES = ("--team", "support", "--channel", "ask-bikes")
PLACES = ["servers/city_bikes", "tests/servers/city_bikes"]


@pytest.fixture(scope="module")
def planted(clone: Checkout) -> Done:
    return clone.seedbed("new", "city-bikes", *BIKES, folder="docs")


def test_a_new_server_is_tested_and_its_author_told_what_is_next(planted: Done) -> None:
    assert planted.returncode == 0, planted.stdout + planted.stderr
    assert "3 passed" in planted.stdout
    assert [line.split()[0] for line in planted.stdout.splitlines()[-3:]] == ["1.", "2.", "3."]


@pytest.mark.usefixtures("planted")
def test_nothing_but_its_folders_and_the_lists_is_touched(clone: Checkout) -> None:
    assert clone.changes() == [" M pyproject.toml", *(f"?? {place}/" for place in PLACES)]
    lines = clone.git("diff", "-U0", "--", "pyproject.toml").splitlines()
    changed = [line for line in lines if re.match(r"[+-](?![+-])", line)]
    assert [line for line in changed if "bikes" not in line] == [line for line in changed if line.startswith("-")]
    assert len(changed) == 5  # the line of siblings is written anew


@pytest.mark.usefixtures("planted")
def test_nothing_of_the_seed_s_names_is_left(clone: Checkout) -> None:
    files = [file for place in PLACES for file in (clone.root / place).iterdir() if file.is_file()]
    seed = re.compile(r"\bseed\b|\bSeed\b|ask-platform")
    assert (len(files), [file.name for file in files if seed.search(file.read_text("utf-8"))]) == (9, [])


@pytest.mark.usefixtures("planted")
def test_it_says_who_answers_for_it_and_how_it_is_started(clone: Checkout) -> None:
    facts = (clone.root / PLACES[0] / "server.yaml").read_text("utf-8")
    assert "name: city-bikes\ntitle: City bikes\n" in facts
    assert 'owner: support\nchannels: ["#ask-bikes"]' in facts
    project = tomllib.loads((clone.root / PLACES[0] / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["scripts"] == {"seedbed-server-city-bikes": "servers.city_bikes.__main__:main"}


@pytest.mark.usefixtures("planted")
def test_the_repository_keeps_its_rules_with_it(clone: Checkout) -> None:
    rules = (["pytest", "-q", "tests/repo/test_members.py"], ["ruff", "check"], ["ruff", "format", "--check"])
    for rule in rules:
        done = clone.python("-m", *rule, *(PLACES if rule[0] == "ruff" else ()))
        assert done.returncode == 0, done.stdout


@pytest.mark.usefixtures("planted")
def test_nothing_is_overwritten(clone: Checkout) -> None:
    again = clone.seedbed("new", "city-bikes", *BIKES)
    assert (again.returncode, "is there already" in again.stderr) == (2, True)


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
