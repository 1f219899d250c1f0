"""Numbers of one server process, as Prometheus reads them."""

from bisect import bisect_left
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

_BUCKETS = (0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0, 40.0, 120.0)


class _Calls(Collector):
    """Calls by tool and outcome, and their latency: plain numbers on the path of a call, families when asked for."""

    def __init__(self) -> None:
        self.outcomes: dict[tuple[str, str], int] = {}
        self.latency: dict[str, list[float]] = {}

    def collect(self) -> Iterable[Metric]:
        calls = CounterMetricFamily("seedbed_calls", "Calls", labels=["tool", "outcome"])
        for (tool, outcome), number in self.outcomes.items():
            calls.add_metric([tool, outcome], number)
        seconds = HistogramMetricFamily("seedbed_call_seconds", "Latency of calls", labels=["tool"])
        for tool, cells in self.latency.items():
            seconds.add_metric([tool], _cumulative(cells), sum_value=cells[-1])
        return [calls, seconds]


def _cumulative(cells: list[float]) -> list[tuple[str, float]]:
    total, buckets = 0.0, list[tuple[str, float]]()
    for bound, number in zip((*map(str, _BUCKETS), "+Inf"), cells, strict=False):
        total += number
        buckets.append((bound, total))
    return buckets


class Metrics:
    """Calls, refusals before a call, and the state of what must not age."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._calls = _Calls()
        self._registry.register(self._calls)
        self.refusals = Counter(
            "seedbed_refusals", "Requests refused before the protocol", ["reason"], registry=self._registry
        )
        self.policy_version = Gauge("seedbed_policy_version", "Version in force", registry=self._registry)
        self.lease_age = Gauge(
            "seedbed_lease_age_seconds", "Seconds since the registry was heard", registry=self._registry
        )
        self.records_lost = Gauge("seedbed_records_lost", "Records lost to a full spool", registry=self._registry)

    def count(self, tool: str, outcome: str, seconds: float) -> None:
        """Count one call. `tool` is a name from the contract or a method: never the caller's free text."""
        pair = (tool, outcome)
        self._calls.outcomes[pair] = self._calls.outcomes.get(pair, 0) + 1
        cells = self._calls.latency.get(tool)
        if cells is None:
            cells = self._calls.latency[tool] = [0.0] * (len(_BUCKETS) + 2)
        cells[bisect_left(_BUCKETS, seconds)] += 1
        cells[-1] += seconds

    def text(self) -> bytes:
        """The exposition format."""
        return generate_latest(self._registry)
