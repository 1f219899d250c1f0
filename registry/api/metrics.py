"""Counts for Prometheus, read from totals and never from records."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from fastapi import APIRouter, Response
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from registry.parts import PartsHere
from registry.store import totals
from registry.store.standing import Standing
from registry.store.totals import Count

router = APIRouter()


@router.get("/metrics")
async def metrics(parts: PartsHere) -> Response:
    """Servers, tools, calls and minutes of production; experiments are counted on their pages."""
    standings = (await parts.present.of("production")).listed
    async with parts.database.reading() as connection:
        counts = await totals.since_the_start(connection, "production")
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


def _servers(standings: list[Standing]) -> list[Metric]:
    servers = GaugeMetricFamily("seedbed_registry_servers", "Registered servers by state", labels=["state"])
    for state, number in Counter(standing.health.state for standing in standings).items():
        servers.add_metric([state], number)
    tools = sum(len(standing.contract.tools) for standing in standings)
    return [servers, GaugeMetricFamily("seedbed_registry_tools", "Registered tools", tools)]


def _calls(counts: dict[str, Count]) -> list[Metric]:
    calls = CounterMetricFamily("seedbed_registry_calls", "Calls taken in", labels=["server"])
    ends = CounterMetricFamily("seedbed_registry_call_ends", "How calls ended", labels=["server", "end"])
    minutes = CounterMetricFamily("seedbed_registry_minutes_saved", "Minutes by owners' estimates", labels=["server"])
    for server, count in counts.items():
        calls.add_metric([server], count.calls)
        minutes.add_metric([server], count.minutes)
        for end in ("ok", "errors", "denied"):
            ends.add_metric([server, end], getattr(count, end))
    return [calls, ends, minutes]
