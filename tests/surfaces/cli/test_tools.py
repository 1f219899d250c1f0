"""The list of what a person may use."""

import json
from pathlib import Path

import pytest

from tests.surfaces.cli.edge import Edge
from tests.surfaces.cli.terminal import Terminal


def test_a_person_sees_servers_and_tools_with_risk_and_status(ana: Terminal) -> None:
    lines = ana.seedbed("tools").out.splitlines()
    assert lines[0].startswith("presto  Presto  healthy, checked ")
    assert lines[1].strip() == "Asks the warehouse."
    assert lines[2].strip() == f"{ana.url}/mcp/presto   owner data-platform"
    assert lines[3].split() == ["find_tables", "low", "internal", "Find", "tables."]


def test_an_authors_words_can_neither_rewrite_the_terminal_nor_dress_themselves_up(ana: Terminal) -> None:
    said = ana.seedbed("tools").out
    assert "\x1b" not in said
    assert "[bold]" in said


def test_an_empty_list_says_why(terminal: Terminal) -> None:
    terminal.log_in("carl")
    said = terminal.seedbed("tools")
    assert said.code == 0
    assert said.out == "carl may use nothing here. No server is open to contractors of vendor-acme.\n"


def test_one_server_is_shown_alone_and_an_unknown_one_is_named(ana: Terminal) -> None:
    assert "find_tables" in ana.seedbed("tools", "presto").out
    said = ana.seedbed("tools", "spark")
    assert (said.code, said.err) == (2, "No server spark is open to ana. Open: presto.\n")


def test_a_token_that_the_registry_no_longer_takes_is_renewed_once(ana: Terminal, edge: Edge) -> None:
    before = json.loads(ana.seedbed("headers", "presto").out)["Authorization"]
    edge.turned_down.add(before.removeprefix("Bearer "))
    assert ana.seedbed("tools").code == 0
    assert json.loads(ana.seedbed("headers", "presto").out)["Authorization"] != before


def test_programs_get_the_registrys_own_answer(ana: Terminal) -> None:
    answer = json.loads(ana.seedbed("tools", "--json").out)
    assert answer["servers"][0]["tools"][1]["name"] == "run_query"


def test_a_platform_that_is_not_there_is_named_with_the_way_to_start_it(terminal: Terminal) -> None:
    said = terminal.seedbed("login", "--url", "http://127.0.0.1:1")
    assert said.code == 4
    assert said.err == "http://127.0.0.1:1 does not answer. `seedbed up` starts the platform on this machine.\n"


def test_the_platform_comes_from_the_option_the_environment_or_what_up_wrote(ana: Terminal, edge: Edge) -> None:
    assert edge.url in ana.seedbed("whoami").out
    said = ana.seedbed("whoami", SEEDBED_CLI_URL="")
    assert said.code == 2
    assert "Which platform?" in said.err
    (ana.home / "config.json").write_text(json.dumps({"default_url": edge.url}))
    assert edge.url in ana.seedbed("whoami", SEEDBED_CLI_URL="").out
    assert "Nobody is logged in at http://127.0.0.1:1." in ana.seedbed("whoami", "--url", "http://127.0.0.1:1").err
    (ana.home / "config.json").unlink()


@pytest.mark.parametrize("url", ["http://seedbed.example.com", "ftp://127.0.0.1", "https://a:b@seedbed.example.com"])
def test_a_token_travels_by_https_or_stays_on_this_machine(ana: Terminal, url: str) -> None:
    assert ana.seedbed("headers", "presto", "--url", url).code == 2


def test_commands_of_other_wheels_appear_and_a_broken_one_is_named(terminal: Terminal, tmp_path: Path) -> None:
    info = tmp_path / "site" / "acme-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[seedbed.commands]\ngood = acme_good:add\nbad = acme_bad:add\n")
    (info.parent / "acme_good.py").write_text(
        "def add(app):\n    @app.command()\n    def greet():\n        print('hello from acme')\n"
    )
    said = terminal.seedbed("greet", PYTHONPATH=str(info.parent))
    assert (said.code, said.out) == (0, "hello from acme\n")
    assert "the commands of acme_bad:add are left out: No module named 'acme_bad'" in said.err
    assert "acme" not in terminal.seedbed("whoami", PYTHONPATH=str(info.parent)).err
