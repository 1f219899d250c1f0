"""Counts for Prometheus, read from totals and never from records."""

from collections import Counter as Tally

from fastapi import APIRouter, Response
from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from registry.parts import PartsHere
from registry.store import totals
from registry.store.standing import Standing
from registry.store.totals import Count

router = APIRouter()


@router.get("/metrics")
async def metrics(parts: PartsHere) -> Response:
    """Servers, tools, calls and minutes of this environment."""
    async with parts.database.reading() as connection:
        standings = await parts.standings.all(connection, parts.platform.environment)
        counts = await totals.since_the_start(connection, parts.platform.environment)
    shown = CollectorRegistry()
    _servers(shown, standings)
    _calls(shown, counts)
    followers = Gauge("seedbed_registry_followers", "Followers of the policies", registry=shown)
    followers.set(parts.broadcast.followers)
    return Response(generate_latest(shown), media_type="text/plain; version=0.0.4")


def _servers(shown: CollectorRegistry, standings: list[Standing]) -> None:
    servers = Gauge("seedbed_registry_servers", "Registered servers by state", ["state"], registry=shown)
    tools = Gauge("seedbed_registry_tools", "Registered tools", registry=shown)
    for state, number in Tally(standing.health.state for standing in standings).items():
        servers.labels(state).set(number)
    tools.set(sum(len(standing.contract.tools) for standing in standings))


def _calls(shown: CollectorRegistry, counts: dict[str, Count]) -> None:
    calls = Counter("seedbed_registry_calls", "Calls taken in", ["server"], registry=shown)
    ends = Counter("seedbed_registry_call_ends", "How calls ended", ["server", "end"], registry=shown)
    minutes = Counter("seedbed_registry_minutes_saved", "Minutes by owners' estimates", ["server"], registry=shown)
    for server, count in counts.items():
        calls.labels(server).inc(count.calls)
        minutes.labels(server).inc(count.minutes)
        for end in ("ok", "errors", "denied"):
            ends.labels(server, end).inc(getattr(count, end))
