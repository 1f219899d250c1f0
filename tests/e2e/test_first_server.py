"""Team five: from the seed to a live server and its minutes, with nothing of the platform touched."""

import json
import os
import resource
from collections.abc import Generator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from deploy.local.stack import processes
from deploy.local.stack.parts import Part, module, shared_settings
from deploy.local.stack.ready import unix
from tests.e2e.edge import Edge
from tests.e2e.numbers import exposed
from tests.e2e.remembered import Remembered
from tests.e2e.stack import Stack
from tests.e2e.waiting import NO_TLS, awaited
from tests.surfaces.cli.authoring.author import PLACES, write_the_tool
from tests.surfaces.cli.authoring.checkout import Checkout
from tests.surfaces.cli.authoring.guide import commands
from tests.surfaces.cli.terminal import Terminal

REVIEWERS = {"security": "sam", "legal": "lea", "genai": "gia"}
MINUTES = 2
MOST_CPU = 60.0
"""Seconds of processor time that the team's own commands take, its server among them."""


@pytest.fixture
def team(tmp_path: Path, stack: Stack) -> Generator[Checkout]:
    """The team's clone; what it brought live is withdrawn again."""
    yield Checkout.made(tmp_path)
    processes.stop(stack.home, "bikes")
    transport = httpx2.HTTPTransport(uds=str(stack.home.registry_socket), verify=NO_TLS)
    with httpx2.Client(transport=transport, base_url="http://registry") as registry:
        registry.delete("/api/servers/bikes")


def test_a_team_goes_from_the_seed_to_a_call_and_its_minutes(
    team: Checkout, stack: Stack, edge: Edge, remembered: Remembered
) -> None:
    began = cpu_of_children()
    well(team.seedbed("new", "bikes", "--team", "support", "--channel", "ask-bikes"))
    write_the_tool(team)
    well(team.seedbed("check", "bikes"))
    terminal = stack.terminal("bo")
    terminal.log_in("bo")
    review = reviewed(edge, handed_in(terminal, team))
    assert [ticket["reviewer"] for ticket in review["tickets"]] == list(REVIEWERS.values())

    host(stack, team)
    awaited(lambda: edge.opens("bo", "bikes"), "the new server is open to an employee")
    said = terminal.seedbed("call", "bikes", "find_bikes", "place=old")
    assert (said.code, "Old Town" in said.out) == (0, True), said.err

    [record] = awaited(lambda: remembered.rows("SELECT * FROM invocations WHERE tool = 'find_bikes'"), "a record")
    assert (record["user"], record["server"], record["outcome"], record["minutes"]) == ("bo", "bikes", "ok", MINUTES)
    awaited(lambda: minutes_of(stack, "bikes") == MINUTES, "the registry counts its minutes")
    assert team.changes() == [" M pyproject.toml", *(f"?? {place}/" for place in PLACES)]
    processes.stop(stack.home, "bikes")  # what a child took is known when it has ended
    assert cpu_of_children() - began < MOST_CPU


def well(done: Any) -> str:
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def handed_in(terminal: Terminal, team: Checkout) -> str:
    """The owner hands the server in, by the command of the guide; where the review is."""
    (submit,) = (words for words in commands() if words[0] == "submit")
    said = terminal.seedbed(*submit, PYTHONPATH=str(team.root))
    assert said.code == 0, said.err
    first, *_, page = said.out.splitlines()
    assert first.endswith("of bikes: open")
    return f"/api/reviews/{page.rpartition('/')[2]}"


def reviewed(edge: Edge, where: str) -> dict[str, Any]:
    """Each reviewer grants what is theirs; the last yes brings it live."""
    digest = edge.ask("GET", where, who="bo").body["contract_digest"]
    for kind, who in REVIEWERS.items():
        yes = json.dumps({"decision": "grant", "contract_digest": digest}).encode()
        reply = edge.ask("POST", f"{where}/{kind}", JSON, who=who, content=yes)
        assert reply.status == 200, reply.body
    awaited(lambda: edge.ask("GET", where, who="bo").body["state"] == "live", "the last yes brings it live")
    return edge.ask("GET", where, who="bo").body


JSON = ("content-type", "application/json")


def host(stack: Stack, team: Checkout) -> None:
    """What a deployment does: run the server's own command beside the proxy."""
    path = f"{team.root}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    part = Part(
        name="bikes",
        says="server bikes",
        command=module("servers.bikes"),
        settings=shared_settings(stack.home) | {"PYTHONPATH": path},
        ready=lambda: unix(stack.socket("bikes"), "/health/ready"),
    )
    stack.run(part)


def minutes_of(stack: Stack, server: str) -> float:
    """Minutes saved in production, as the registry's numbers have it."""
    samples = exposed(stack.inside(stack.home.registry_socket, "/metrics"))
    named = [value for sample, value in samples.items() if "minutes_saved_total" in sample and f'"{server}"' in sample]
    return sum(named)


def cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
