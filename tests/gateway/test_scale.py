"""How soon a change of one server is enforced beside many others: readings of this machine, with its load."""

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import pytest

from gateway.compile.bundle import Compiler
from gateway.compile.closed import Ruling
from gateway.validate import Validation
from platform_core.policy.artefact import PolicyArtefact
from tests.gateway.artefacts import artefact
from tests.gateway.examples import NOW, example_compiler, example_door, ruling
from tests.gateway.programs import eventually
from tests.gateway.stage import Stage, staged

pytestmark = pytest.mark.bench

CHANGES = 10
CLOSED = {"gate": {"business_groups": ["nobody"]}}


def named(number: int) -> str:
    return f"srv{number:04d}"


def reviewed(number: int, **changes: object) -> PolicyArtefact:
    """A server with ten tools, five of them sensitive, and five policies of several terms each."""
    policies = {
        f"p{each}": {
            "any": [
                {
                    "all": [
                        {"group": [f"team-{number}-{each}", "data-engineering"]},
                        {"not": {"employment": "contractor"}},
                    ]
                },
                {"business_group": f"bg-{each}"},
            ]
        }
        for each in range(5)
    }
    tools = {
        f"tool_{each}": {
            "policy": f"p{each % 5}", "risk": "change" if each < 5 else "low", "data_class": "internal",
        }
        for each in range(10)
    }  # fmt: skip
    whole = {"server": named(number), "policies": policies, "tools": tools, "prompts": {}, "resources": {}}
    return artefact(**{**whole, "reach": {"surfaces": ["cli", "web-chat"]}, **changes})


def timed(what: Callable[[], object]) -> float:
    began = time.perf_counter()
    what()
    return time.perf_counter() - began


def many_doors() -> Compiler:
    doors = (example_door(), example_door(side="mesh"), example_door("dev", port=7311))
    return example_compiler(Path("/srv/seedbed"), *doors)


def test_a_thousand_servers_are_compiled_in_seconds_and_one_of_them_in_a_moment() -> None:
    compiler, policies = many_doors(), {named(number): reviewed(number) for number in range(1000)}

    def compiled() -> int:
        bundle = compiler.compile({"production": Ruling(policies=policies)}, now=NOW)
        return sum(len(table.content.raw) for table in bundle.tables)

    everything = timed(compiled)
    again: list[float] = []
    for number in range(CHANGES):
        policies[named(number)] = reviewed(number, version=2)
        again.append(timed(compiled))
    size = compiled()
    moment = median(again) * 1e3
    print(f"\n1,000 servers by two doors: {everything:.2f} s, {size / 1e6:.1f} MB; one changed: {moment:.0f} ms")
    assert everything < 15
    assert median(again) < everything / 5


def test_asking_envoy_about_one_of_a_thousand_costs_what_one_costs() -> None:
    compiler, validation = example_compiler(Path("/srv/seedbed")), Validation()
    policies = [reviewed(number) for number in range(1000)]
    everything = timed(lambda: validation(compiler.compile(ruling(*policies), now=NOW)))
    policies[500] = reviewed(500, version=2, **CLOSED)
    one = timed(lambda: validation(compiler.compile(ruling(*policies), now=NOW)))
    print(f"\nvalidated: 1,000 in {everything:.2f} s, one changed in {one:.2f} s")
    assert one < everything


@pytest.mark.parametrize("servers", [3, 100, 1000])
def test_a_change_is_enforced_while_the_others_stay_as_they_are(servers: int) -> None:
    last = servers - 1
    with tempfile.TemporaryDirectory(prefix="sb-gw-") as folder:
        path = Path(folder)
        for number in range(servers):
            socket = path / f"run/production/{named(number)}/server.sock"
            socket.parent.mkdir(parents=True)
            socket.symlink_to(path / "run/production/seed/server.sock")
        with staged(path) as stage:
            stage.desk.put_all([reviewed(number) for number in range(servers)])
            began = time.perf_counter()
            awaited(stage, last, 200)
            opened = time.perf_counter() - began
            readings = sorted(changed(stage, last, version) for version in range(2, 2 + CHANGES))
            others = {
                stage.call("tool_0", server=named(number)).status for number in range(0, last, max(1, last // 50))
            }
            assert others == {200}
    print(
        f"\n{servers} servers, edge and mesh: all open after {opened:.1f} s; change -> enforced by both "
        f"p50 {median(readings) * 1e3:.0f} ms, max {readings[-1] * 1e3:.0f} ms; load {os.getloadavg()[0]:.1f}"
    )


def changed(stage: Stage, number: int, version: int) -> float:
    """Push a change that closes (or opens again), and how long it takes until nobody sees the old policy any more."""
    closes = version % 2 == 0
    began = time.perf_counter()
    stage.desk.put(reviewed(number, version=version, **(CLOSED if closes else {})))
    awaited(stage, number, 403 if closes else 200)
    return time.perf_counter() - began


def awaited(stage: Stage, number: int, status: int) -> None:
    chat = stage.web_chat()
    for entry in (stage, chat):
        eventually(
            lambda entry=entry: entry.call("tool_0", server=named(number)).status == status,
            f"{named(number)} answers {status}",
        )
