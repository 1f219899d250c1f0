"""Any one lock may be missing: no sensitive tool opens to anyone new, and the test says what still refused."""

import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from gateway.compile.bundle import Bundle
from platform_core.call import Call
from platform_core.endpoint import Endpoint
from platform_core.layer import Layer
from platform_core.policy.decide import Decision
from tests.gateway.wire import message
from tests.matrix import saying
from tests.matrix.asking import Door, Outcome, Visitors
from tests.matrix.draws import ENVIRONMENTS, ERAS, SERVICES, client_of, visit
from tests.matrix.many import Composition
from tests.matrix.running import standing_up
from tests.matrix.world import Locks, World, drawn

SENSITIVE = ("reveal", "change")
VISITS = 250


class Yes(Layer):
    """A layer that refuses nobody."""

    def verdict(self, call: Call, method: str, name: str | None = None) -> Decision:
        return Decision(True, "open/yes", "nobody is refused")

    def opening(self, call: Call) -> Decision:
        return self.verdict(call, "server/discover")


class NoGate(Endpoint):
    """A border that lets everybody come to the protocol."""

    def _gate(self, call: Call, seen: dict[bytes, bytes]) -> None:
        return None


def without(filter: str) -> Callable[[Bundle], Bundle]:
    """The proxy's chain without one filter."""

    def dropped(bundle: Bundle) -> Bundle:
        for manager in _managers(bundle):
            manager["http_filters"] = [one for one in manager["http_filters"] if one["name"] != filter]
        return bundle

    return dropped


def in_the_clear(bundle: Bundle) -> Bundle:
    """The mesh's doors without TLS: nobody proves which workload they are."""
    bare = tuple(
        {**one, "filter_chains": [{"filters": chain["filters"]} for chain in one["filter_chains"]]}
        for one in bundle.listeners
    )
    return replace(bundle, listeners=bare)


def _managers(bundle: Bundle) -> list[dict[str, Any]]:
    chains = [chain for listener in bundle.listeners for chain in listener["filter_chains"]]
    return [one["typed_config"] for chain in chains for one in chain["filters"]]


LOCKS = {
    "none": Locks(),
    "the proxy's rules": Locks(proxy=without("envoy.filters.http.rbac")),
    "the proxy's look at tokens": Locks(proxy=without("envoy.filters.http.jwt_authn")),
    "the proxy's look at clients": Locks(proxy=without("seedbed.client")),
    "the server's policy": Locks(servers=Composition(layer=Yes)),
    "the server's gate": Locks(servers=Composition(endpoint=NoGate)),
    "the mesh's certificates": Locks(proxy=in_the_clear),
}


@pytest.mark.extra
@pytest.mark.parametrize("missing", LOCKS)
async def test_without_one_lock_no_sensitive_tool_opens_to_anyone_new(missing: str) -> None:
    chance, still = Random(missing), Counter[str]()  # noqa: S311  # draws, guards nothing
    with tempfile.TemporaryDirectory(prefix="sb-mx-") as folder:
        world = drawn(Path(folder), 7, servers=12, people=20)
        async with standing_up(world, LOCKS[missing], registry=False) as visitors:
            if missing == "the mesh's certificates":
                visitors.speak_in_the_clear()
            for _ in range(VISITS):
                await _visit(world, visitors, chance, still)
            await _intruders(world, visitors, still)
    print(f"without {missing}:", ", ".join(f"{who} {n}" for who, n in sorted(still.items())))
    assert still["refused by the proxy"] + still["refused by the server"] >= VISITS // 2
    if missing == "none":
        assert still["let through, as reviewed"] >= VISITS // 5


async def _visit(world: World, visitors: Visitors, chance: Random, still: Counter[str]) -> None:
    one = visit(chance, world.people, world.servers)
    tool = chance.choice(SENSITIVE)
    reviewed = saying.of_visit(world, one, tool).allow
    _judge(await visitors.call(one, tool), reviewed, f"{one} {tool}", still)


async def _intruders(world: World, visitors: Visitors, still: Counter[str]) -> None:
    """Nobody, a forger, a thief of a web chat's token, a service: none of them was ever let near a sensitive tool."""
    insider = world.people[1]
    forged = world.token(insider, "seedbed-cli")[:-8] + "AAAAAAAA"
    for server, environment in world.servers.items():
        chat = client_of("web-chat", environment)
        tries: list[tuple[Door, str | None, str | None]] = [
            *(((where, side), None, None) for where in ENVIRONMENTS for side in ("edge", "mesh")),
            ((environment, "edge"), None, forged),
            ((environment, "edge"), None, world.token(insider, chat)),
            *(((environment, "mesh"), service, None) for service in SERVICES),
            ((environment, "mesh"), SERVICES[0], world.token(insider, chat)),
        ]
        for door, workload, token in tries:
            for era in ERAS:
                carried = workload or (SERVICES[2] if door[1] == "mesh" else None)
                sent = message("tools/call", SENSITIVE[0], era=era)
                happened = await visitors.intrude(door, server, sent, era, workload=carried, token=token)
                _judge(happened, False, f"{door} {workload} {server}", still)


def _judge(happened: Outcome, reviewed: bool, what: str, still: Counter[str]) -> None:
    assert reviewed or not happened.allowed, f"opened to somebody new: {what}: {happened}"
    still["let through, as reviewed" if happened.allowed else f"refused by the {happened.by}"] += 1
