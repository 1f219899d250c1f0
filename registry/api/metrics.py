"""Counts for Prometheus, read from totals and never from records."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from fastapi import APIRouter, Response
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from platform_core.policy.artefact import Environment
from registry.parts import PartsHere
from registry.store import totals
from registry.store.standing import Standing
from registry.store.totals import Count

router = APIRouter()


@router.get("/metrics")
async def metrics(parts: PartsHere) -> Response:
    """Servers, tools, calls and minutes of every environment that there is."""
    standings: dict[Environment, list[Standing]] = {
        environment: (await parts.present.of(environment)).listed for environment in parts.bases
    }
    async with parts.database.reading() as connection:
        counts: dict[Environment, dict[str, Count]] = {
            name: await totals.since_the_start(connection, name) for name in parts.bases
        }
    followers = GaugeMetricFamily("seedbed_registry_followers", "Followers of the policies", parts.broadcast.followers)
    shown = CollectorRegistry()
    shown.register(_Counted((*_servers(standings), *_calls(counts), followers)))
    return Response(generate_latest(shown), media_type="text/plain; version=0.0.4")


@dataclass(frozen=True, eq=False)
class _Counted(Collector):
    """Numbers that were counted elsewhere."""

    families: tuple[Metric, ...]

    def collect(self) -> Iterator[Metric]:
        yield from self.families


def _servers(standings: Mapping[Environment, list[Standing]]) -> list[Metric]:
    servers = GaugeMetricFamily(
        "seedbed_registry_servers", "Registered servers by state", labels=["environment", "state"]
    )
    tools = GaugeMetricFamily("seedbed_registry_tools", "Registered tools", labels=["environment"])
    for environment, listed in standings.items():
        for state, number in Counter(standing.health.state for standing in listed).items():
            servers.add_metric([environment, state], number)
        tools.add_metric([environment], sum(len(standing.contract.tools) for standing in listed))
    return [servers, tools]


def _calls(counts: Mapping[Environment, dict[str, Count]]) -> list[Metric]:
    server = ["environment", "server"]
    calls = CounterMetricFamily("seedbed_registry_calls", "Calls taken in", labels=server)
    ends = CounterMetricFamily("seedbed_registry_call_ends", "How calls ended", labels=[*server, "end"])
    minutes = CounterMetricFamily("seedbed_registry_minutes_saved", "Minutes by owners' estimates", labels=server)
    for environment, of_servers in counts.items():
        for name, count in of_servers.items():
            calls.add_metric([environment, name], count.calls)
            minutes.add_metric([environment, name], count.minutes)
            for end in ("ok", "errors", "denied"):
                ends.add_metric([environment, name, end], getattr(count, end))
    return [calls, ends, minutes]
