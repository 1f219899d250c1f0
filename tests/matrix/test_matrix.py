"""What the pre-flight says is what happens: fifty random policies, everybody, from everywhere, in both protocols."""

import os
import tempfile
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from tests.matrix import saying
from tests.matrix.asking import Outcome, Visitors
from tests.matrix.draws import ENVIRONMENTS, ERAS, SERVICES, TOOLS, UNKNOWN, Visit, visit
from tests.matrix.running import standing_up
from tests.matrix.world import Locks, World, drawn

SEED = int(os.environ.get("SEEDBED_MATRIX_SEED", "20261123"))
QUESTIONS = (*TOOLS, UNKNOWN)
KINDS = (
    "surface",
    "channel",
    "reach",
    "gate",
    "default-deny",
    "suspended",
    "client",
    *{t["policy"] for t in TOOLS.values()},
)


class Counts:
    """What decided, how often, and who."""

    def __init__(self) -> None:
        self.rules: Counter[tuple[str, bool]] = Counter()
        self.by: Counter[str] = Counter()
        self.cells = 0

    def note(self, said: Outcome, happened: Outcome) -> None:
        self.cells += 1
        self.rules[said.kind, happened.allowed] += 1
        self.by["let through" if happened.allowed else f"refused by the {happened.by} alone"] += 1

    @property
    def allowed(self) -> int:
        return self.by["let through"]

    def table(self, seed: int) -> str:
        lines = [f"matrix: {self.cells} cells, seed {seed}, {self.allowed} allowed"]
        lines += [f"  {kind:14} {'yes' if yes else 'no':4} {n:6}" for (kind, yes), n in sorted(self.rules.items())]
        return "\n".join([*lines, *(f"  {who:32} {n:6}" for who, n in sorted(self.by.items()))])


@pytest.mark.real
async def test_what_the_preflight_says_is_what_happens() -> None:
    await _matrix(2_000)


@pytest.mark.extra
async def test_what_the_preflight_says_is_what_happens_in_twenty_thousand_cells() -> None:
    await _matrix(20_000)


async def _matrix(cells: int) -> None:
    chance, counts = Random(SEED), Counts()  # noqa: S311  # draws, guards nothing
    with tempfile.TemporaryDirectory(prefix="sb-mx-") as folder:
        world = drawn(Path(folder), SEED)
        async with standing_up(world, Locks()) as visitors:
            for _ in range(cells // len(QUESTIONS) + 1):
                await _visit(visitors, visit(chance, world.people, world.servers), counts)
            for _ in range(cells // 20):
                await _service(world, visitors, chance, counts)
    print(counts.table(SEED))
    assert counts.allowed * 4 >= counts.cells
    rare = {kind: n for kind in KINDS if (n := counts.rules[kind, True] + counts.rules[kind, False]) < 20}
    assert not rare, f"too rare to be proved: {rare}"
    assert counts.by["refused by the proxy alone"] >= 20
    assert counts.by["refused by the server alone"] >= 20


async def _visit(visitors: Visitors, one: Visit, counts: Counts) -> None:
    """Ask beforehand, then try, for every tool; and what is listed is what may be called."""
    callable_ones: set[str] = set()
    for tool in QUESTIONS:
        happened = await visitors.call(one, tool)
        said = await visitors.preflight(one, tool) if not one.foreign else _foreign(one)
        assert happened.allowed == said.allowed, f"{one}\n{tool}: beforehand {said}\nthen {happened}"
        callable_ones |= {tool} if happened.allowed else set()
        counts.note(said, happened)
    listed = await visitors.listed(one)
    assert (listed or set()) == callable_ones, f"{one}: listed {listed}, callable {callable_ones}"


async def _service(world: World, visitors: Visitors, chance: Random, counts: Counts) -> None:
    """A service has no token to ask the registry with: the evaluator is asked itself."""
    who, server, tool = chance.choice(SERVICES), chance.choice(sorted(world.servers)), chance.choice(QUESTIONS)
    environment, era = chance.choice((world.servers[server], *ENVIRONMENTS)), chance.choice(ERAS)
    happened = await visitors.service(who, server, tool, era, environment)
    decision = saying.of_service(world, who, server, tool, environment)
    said = Outcome(allowed=decision.allow, rule=decision.rule, by="registry", status=200)
    assert happened.allowed == said.allowed, f"{who} {server} {tool}: beforehand {said}, then {happened}"
    counts.note(said, happened)


def _foreign(one: Visit) -> Outcome:
    """Nobody asks beforehand with a token of the other environment: it is taken at no door of this one."""
    return Outcome(allowed=False, rule=f"{one.environment}/client", by="registry", status=403)
