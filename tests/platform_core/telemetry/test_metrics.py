"""The numbers of a server are what happened, in the form that Prometheus reads."""

from prometheus_client.parser import text_string_to_metric_families

from platform_core.telemetry.metrics import Metrics


def read(metrics: Metrics) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Every sample, by its name and labels."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
    }


def of(metrics: Metrics, name: str, **labels: str) -> float:
    return read(metrics)[name, frozenset(labels.items())]


def test_calls_are_counted_by_tool_and_outcome() -> None:
    metrics = Metrics()
    metrics.count("look", "ok", 0.002)
    metrics.count("look", "ok", 0.002)
    metrics.count("look", "denied", 0.0)
    assert of(metrics, "seedbed_calls_total", tool="look", outcome="ok") == 2
    assert of(metrics, "seedbed_calls_total", tool="look", outcome="denied") == 1


def test_latency_is_a_histogram_that_adds_up() -> None:
    metrics = Metrics()
    for seconds in (0.0005, 0.001, 0.003, 0.7, 500.0):
        metrics.count("look", "ok", seconds)
    name, buckets = (
        "seedbed_call_seconds_bucket",
        ["0.001", "0.005", "0.02", "0.1", "0.5", "2.0", "10.0", "40.0", "120.0"],
    )
    assert [of(metrics, name, tool="look", le=le) for le in buckets] == [2, 3, 3, 3, 3, 4, 4, 4, 4]
    assert of(metrics, name, tool="look", le="+Inf") == 5
    assert of(metrics, "seedbed_call_seconds_count", tool="look") == 5
    assert of(metrics, "seedbed_call_seconds_sum", tool="look") == 0.0005 + 0.001 + 0.003 + 0.7 + 500.0


def test_two_servers_in_one_process_count_apart() -> None:
    one, two = Metrics(), Metrics()
    one.count("look", "ok", 0.1)
    assert ("seedbed_calls_total", frozenset({("tool", "look"), ("outcome", "ok")})) not in read(two)


def test_refusals_and_states_are_shown() -> None:
    metrics = Metrics()
    metrics.refusals.labels("identity").inc()
    metrics.policy_version.set(7)
    metrics.records_lost.set(3)
    assert of(metrics, "seedbed_refusals_total", reason="identity") == 1
    assert of(metrics, "seedbed_policy_version") == 7
    assert of(metrics, "seedbed_records_lost") == 3
