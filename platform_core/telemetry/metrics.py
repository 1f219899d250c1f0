"""Numbers of one server process, as Prometheus reads them."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_BUCKETS = (0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0, 40.0, 120.0)


class Metrics:
    """Calls by tool and outcome, their latency, refusals before a call, and the state of what must not age."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._calls = Counter("seedbed_calls", "Calls", ["tool", "outcome"], registry=self._registry)
        self._latency = Histogram(
            "seedbed_call_seconds", "Latency", ["tool"], registry=self._registry, buckets=_BUCKETS
        )
        self.refusals = Counter(
            "seedbed_refusals", "Requests refused before the protocol", ["reason"], registry=self._registry
        )
        self.policy_version = Gauge("seedbed_policy_version", "Version in force", registry=self._registry)
        self.records_lost = Gauge("seedbed_records_lost", "Records lost to a full spool", registry=self._registry)
        self._children: dict[tuple[str, str], tuple[Counter, Histogram]] = {}

    def count(self, tool: str, outcome: str, seconds: float) -> None:
        """Count one call. `tool` is a name from the contract or a method: never the caller's free text."""
        pair = self._children.get((tool, outcome))
        if pair is None:
            pair = self._children[tool, outcome] = (self._calls.labels(tool, outcome), self._latency.labels(tool))
        pair[0].inc()
        pair[1].observe(seconds)

    def text(self) -> bytes:
        """The exposition format."""
        return generate_latest(self._registry)
