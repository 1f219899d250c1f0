"""Closing at once, asking why, reading a policy: what those who look after servers do in a terminal."""

import base64
import json
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from platform_core.policy.keys import PinnedKeys
from platform_core.policy.sign import SignedArtefact, verify_suspensions
from platform_core.policy.suspend import Suspensions
from platform_core.policy.suspended import Suspended
from surfaces.cli import logins
from surfaces.cli.places import Place
from tests.surfaces.cli.edge import Edge
from tests.surfaces.cli.registry import TRACE, artefact
from tests.surfaces.cli.terminal import Terminal


@pytest.fixture(scope="session")
def olu(tmp_path_factory: pytest.TempPathFactory, edge: Edge) -> Terminal:
    terminal = Terminal(home=tmp_path_factory.mktemp("olu"), url=edge.url, issuer=edge.issuer)
    terminal.log_in("olu")
    return terminal


@pytest.fixture
def asked(edge: Edge) -> Generator[list[dict[str, object]]]:
    """What the registry is asked to close in this test."""
    edge.suspended.clear()
    yield edge.suspended
    edge.suspended.clear()


def test_a_server_is_closed_and_the_page_that_opens_it_is_named(olu: Terminal, asked: list[object]) -> None:
    said = olu.seedbed("suspend", "presto", "--reason", "leaks", "--env", "dev")
    assert (said.code, said.err) == (0, "")
    assert said.out == (
        "Closed: presto, for everybody, in dev.\n"
        "An operator opens it again at https://seedbed.example.com/suspensions; no command can.\n"
    )
    nothing = {"tool": None, "person": None}
    assert asked == [{"environment": "dev", "server": "presto", "reason": "leaks", **nothing}]


def test_a_tool_and_a_person_are_closed_too(olu: Terminal, asked: list[dict[str, object]]) -> None:
    assert "run_query of presto" in olu.seedbed("suspend", "presto", "--tool", "run_query", "--reason", "slow").out
    assert "bo, at every server, in production and dev" in olu.seedbed("suspend", "--person", "bo", "--reason", "x").out
    assert [(ask["server"], ask["tool"], ask["person"]) for ask in asked] == [
        ("presto", "run_query", None),
        (None, None, "bo"),
    ]


@pytest.mark.parametrize("words", [[], ["presto", "--person", "bo"], ["--tool", "run_query"], ["../presto"]], ids=str)
def test_one_thing_is_closed_at_a_time(olu: Terminal, asked: list[object], words: list[str]) -> None:
    assert olu.seedbed("suspend", *words, "--reason", "x").code == 2
    assert asked == []


def test_somebody_else_is_refused_with_the_rule(ana: Terminal) -> None:
    said = ana.seedbed("suspend", "presto", "--reason", "x")
    assert (said.code, said.out) == (3, "")
    assert "Rule: registry/operator\n  To get it: ask the operators" in said.err


def test_a_dead_registry_is_said_with_the_way_around_it(
    terminal: Terminal, edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal.log_in("olu")
    monkeypatch.setenv("SEEDBED_CLI_HOME", str(terminal.home))
    logins.write(replace(logins.read(Place(edge.url)), url="http://127.0.0.1:1"))
    said = terminal.seedbed("suspend", "presto", "--reason", "x", "--url", "http://127.0.0.1:1")
    assert said.code == 4
    assert "Nothing was closed. In a hurry: --offline --key FILE." in said.err


class Emergency:
    """The emergency key in a file, and a follower that has pinned it."""

    def __init__(self, folder: Path) -> None:
        self.private, self.folder = Ed25519PrivateKey.generate(), folder / "watched"
        self.folder.mkdir()
        self.file = folder / "emergency-1.pem"
        self.file.write_bytes(self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        self.keys = PinnedKeys(policy={}, emergency={"emergency-1": self.private.public_key()})
        self.kept = folder / "kept"

    @property
    def words(self) -> list[str]:
        return ["--reason", "leaks", "--offline", "--key", str(self.file), "--folder", str(self.folder)]

    def follower(self, environment: str = "production") -> Suspended:
        kept = self.kept / f"{environment}.json"
        return Suspended(environment=environment, keys=self.keys, kept=kept, folder=self.folder)

    def list_of(self, environment: str) -> Suspensions:
        lying = SignedArtefact.model_validate_json((self.folder / f"{environment}.json").read_bytes())
        return verify_suspensions(lying, self.keys)


@pytest.fixture
def emergency(tmp_path: Path) -> Emergency:
    return Emergency(tmp_path)


def test_with_everything_down_a_follower_obeys_what_was_signed_offline(
    terminal: Terminal, emergency: Emergency
) -> None:
    follower = emergency.follower()
    said = terminal.seedbed("suspend", "presto", "--tool", "run_query", *emergency.words)
    assert (said.code, said.err) == (0, "")
    assert "an operator opens it again" in said.out
    assert follower.look()
    assert follower.current is not None
    closed = follower.current.closing("presto", "run_query", "ana")
    assert closed is not None
    assert (closed.reason, closed.by.endswith(", offline")) == ("leaks", True)


def test_what_was_closed_stays_closed_and_the_version_rises(terminal: Terminal, emergency: Emergency) -> None:
    follower = emergency.follower()
    for server in ("presto", "seed"):
        assert terminal.seedbed("suspend", server, *emergency.words).code == 0
        assert follower.look()
    assert follower.current is not None
    assert [entry.server for entry in follower.current.entries] == ["presto", "seed"]


def test_a_person_is_closed_out_of_both_environments(terminal: Terminal, emergency: Emergency) -> None:
    assert terminal.seedbed("suspend", "--person", "bo", *emergency.words).code == 0
    for environment in ("production", "dev"):
        assert emergency.list_of(environment).closing("anything", None, "bo")


def test_the_folder_is_the_one_that_up_wrote_down(terminal: Terminal, emergency: Emergency) -> None:
    words = ["suspend", "presto", *emergency.words[:-2]]
    assert "Give --folder" in terminal.seedbed(*words).err
    terminal.home.mkdir(exist_ok=True)
    (terminal.home / "config.json").write_text(json.dumps({"suspensions": str(emergency.folder)}))
    assert terminal.seedbed(*words).code == 0
    assert emergency.list_of("production").closing("presto", None, "")


def test_what_lies_there_and_cannot_be_read_is_not_left_out_silently(terminal: Terminal, emergency: Emergency) -> None:
    (emergency.folder / "production.json").write_text("{")
    said = terminal.seedbed("suspend", "presto", *emergency.words)
    assert said.code == 2
    assert "what it closes would be left out" in said.err


def test_a_file_that_is_no_key_closes_nothing_and_is_not_shown(terminal: Terminal, emergency: Emergency) -> None:
    secret = base64.b64encode(b"a secret of another kind").decode()
    emergency.file.write_text(secret)
    said = terminal.seedbed("suspend", "presto", *emergency.words)
    assert (said.code, list(emergency.folder.iterdir())) == (2, [])
    assert "is no private key" in said.err
    assert secret not in said.out + said.err


def test_why_says_a_line_for_each_layer_and_how_to_ask(ana: Terminal) -> None:
    said = ana.seedbed("why", TRACE.upper())
    assert said.out.splitlines() == [
        "09:45:58 proxy   production presto, as ana: let through (rule proxy)",
        "09:45:58 server  production presto tools/call run_query, as ana: refused, nothing ran (rule presto/run); "
        "took 3 ms; to get it: ask #data-platform",
    ]


def test_a_trace_that_is_unknown_or_no_trace_is_said(ana: Terminal) -> None:
    assert "nothing of yours" in ana.seedbed("why", "f" * 32).err
    assert ana.seedbed("why", "4bf92f35").code == 2


def test_a_policy_is_shown_in_words(olu: Terminal) -> None:
    shown = olu.seedbed("policy", "show", "presto").out
    assert "presto in production, policy version 2, in force" in shown
    assert "gate        business group ads or finance" in shown
    assert "run              role analyst or group platform" in shown
    assert "suspended   run_query: too slow" in shown
    assert json.loads(olu.seedbed("policy", "show", "presto", "--json").out)["version"] == 2


def test_two_versions_are_compared_by_who_gains_and_who_loses(olu: Terminal, tmp_path: Path) -> None:
    said = olu.seedbed("policy", "diff", "presto").out.splitlines()
    assert said[0] == "presto in production: version 1 to 2"
    assert "    + employees, in business group ads, not in business group finance, from cli" in said
    draft = tmp_path / "draft.json"
    draft.write_text(json.dumps(artefact(3, "production", ["finance"])))
    said = olu.seedbed("policy", "diff", "presto", "--file", str(draft)).out.splitlines()
    assert "    - everybody, in business group ads, not in business group finance, from cli" in said


def test_a_caller_who_does_not_exist_gets_the_evaluators_word(olu: Terminal) -> None:
    ask = ["policy", "simulate", "presto", "--business-group", "ads"]
    assert olu.seedbed(*ask).out == "allowed: may open the server (rule presto/gate)\n"
    assert "rule presto/gate" in olu.seedbed(*ask[:3], "--tool", "find_tables").out
    assert olu.seedbed(*ask, "--tool", "find_tables", "--employment", "contractor").out.startswith("refused: ")
    assert "suspended: too slow" in olu.seedbed(*ask, "--tool", "run_query", "--role", "analyst").out


def test_a_policy_is_not_shown_to_everybody(ana: Terminal) -> None:
    assert ana.seedbed("policy", "show", "presto").code == 3
