"""Numbers as Prometheus would read them, beside a count of the records themselves."""

from tests.e2e.remembered import Remembered
from tests.e2e.stack import Stack

Numbers = dict[str, dict[str, float]]
COUNTED = """\
SELECT server,
    sum(used) AS calls,
    sum(used AND outcome = 'ok') AS ok,
    sum(used AND outcome IN ('tool_error', 'invalid', 'exception')) AS errors,
    sum(outcome = 'denied') AS denied,
    sum(CASE WHEN used AND outcome = 'ok' AND user IS NOT NULL THEN minutes ELSE 0 END) AS minutes
FROM (SELECT *, method IN ('tools/call', 'resources/read', 'prompts/get') AS used FROM invocations
    WHERE phase = 'done' AND environment = 'production')
GROUP BY server"""


def exposed(text: str) -> dict[str, float]:
    """The samples of a `/metrics` page, by name and labels."""
    lines = [line.rpartition(" ") for line in text.splitlines() if line and not line.startswith("#")]
    return {sample: float(value) for sample, _, value in lines}


def registry_numbers(stack: Stack) -> Numbers:
    """Counts of the registry, by server."""
    samples = exposed(stack.inside(stack.home.registry_socket, "/metrics"))
    return {server: _of(server, samples) for server in stack.servers if f"{_CALLS}{{{_of_server(server)}}}" in samples}


def counted(stack: Stack, remembered: Remembered) -> Numbers:
    """The same counts, made anew from the records. A test may have had a server of its own."""
    rows = [row for row in remembered.rows(COUNTED) if row["server"] in stack.servers]
    return {row["server"]: {name: float(row[name]) for name in ("calls", "minutes", *_ENDS)} for row in rows}


_CALLS = "seedbed_registry_calls_total"
_ENDS = ("ok", "errors", "denied")


def _of(server: str, samples: dict[str, float]) -> dict[str, float]:
    here = _of_server(server)
    ends = {end: samples[f'seedbed_registry_call_ends_total{{end="{end}",{here}}}'] for end in _ENDS}
    minutes = samples[f"seedbed_registry_minutes_saved_total{{{here}}}"]
    return {"calls": samples[f"{_CALLS}{{{here}}}"], "minutes": minutes} | ends


def _of_server(server: str) -> str:
    return f'environment="production",server="{server}"'
