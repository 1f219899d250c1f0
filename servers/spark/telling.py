"""A diagnosis in the words of the tools."""

from platform_core import Untrusted
from platform_core.telemetry.redaction import redact
from servers.spark.answers import Other, Rows, Value, Verdict, table
from servers.spark.digest import Digest, Failure
from servers.spark.findings.catalogue import kind_of
from servers.spark.findings.causes import text_of
from servers.spark.findings.diagnose import Diagnosis
from servers.spark.findings.finding import Finding, span
from servers.spark.references import app_ref, links

MOST_OTHERS = 6
MOST_SAID = 600
TRACE = 1_500
FAILURES_A_PAGE = 5
_TIMES = ("signature", "kind", "count", "first", "last")
_THROWN = ("reason", "exception", "frame", "message")
_WHERE = ("stages", "executors", "tasks", "line", "trace")


def verdict(digest: Digest, diagnosis: Diagnosis) -> Verdict:
    """The verdict first, then what else was found, then what nobody could look at."""
    app, first = app_ref(digest.app_id, digest.attempt), diagnosis.verdict
    unavailable = [*diagnosis.unavailable, *_unread(digest)]
    if first is None:
        return Verdict(
            app=app, status=diagnosis.status, kind="none", unavailable=unavailable, links=links(digest),
            confidence="medium" if unavailable else "high",
            next="Nothing was found wrong. compare_runs says whether it was slower than usual.",
        )  # fmt: skip
    return Verdict(
        app=app,
        status=diagnosis.status,
        kind=first.id,
        cause=Untrusted(redact(first.said[:MOST_SAID])),
        evidence=list(first.evidence),
        echoes=[redact(echo[:120]) for echo in first.echoes[:8]],
        lost_seconds=_seconds(first.lost),
        confidence=first.confidence,
        disproof=first.entry.disproof,
        signature=signature_of(first),
        others=[_other(finding) for finding in diagnosis.findings[1 : MOST_OTHERS + 1]],
        unavailable=unavailable,
        links=links(digest),
        next=f"{first.entry.advice} find_incidents with signature {signature_of(first)} shows earlier ones.",
    )


def signature_of(finding: Finding) -> str:
    """A failure's own signature; a slow run is known by what makes it slow."""
    return finding.signature or finding.id


def failures(digest: Digest, stage: str, start: int) -> Rows:
    """Distinct failures in the order in which they came."""
    wanted = stage.rpartition(":")[2]
    shown = [f for f in digest.failures if not wanted or any(_is(ref, wanted) for ref in f.stages)]
    rows = table(
        f"Distinct failures of {app_ref(digest.app_id)}",
        (*_TIMES, *_THROWN, *_WHERE),
        [_row(digest, failure) for failure in shown],
        start=start,
        page=FAILURES_A_PAGE,
    )
    for row, failure in zip(rows.rows, shown[start:], strict=False):
        row[-1] = redact(trimmed(failure.trace))
    return rows


def _row(digest: Digest, failure: Failure) -> list[Value]:
    return [
        failure.signature, kind_of(text_of(failure)), failure.count, f"+{span(failure.first - digest.started)}",
        f"+{span(failure.last - digest.started)}", failure.reason, failure.exception, failure.frame,
        redact(failure.message), " ".join(failure.stages), " ".join(failure.executors),
        " ".join(map(str, failure.tasks)), f"line:{failure.line}", "",
    ]  # fmt: skip


def trimmed(trace: str) -> str:
    """A trace with its head and the start of each cause."""
    lines = trace.splitlines()
    causes = [i for i, line in enumerate(lines) if line.startswith("Caused by: ")]
    kept = lines[:8] + [line for i in causes if i >= 8 for line in ["  ...", *lines[i : i + 4]]]
    return "\n".join(line.strip("\t")[:240] for line in kept)[:TRACE]


def _is(ref: str, wanted: str) -> bool:
    name = ref.rpartition(":")[2]
    return wanted in (name, name.partition(".")[0])


def _other(finding: Finding) -> Other:
    said = Untrusted(redact(finding.said[:300]))
    return Other(kind=finding.id, what=said, evidence=list(finding.evidence[:3]), lost_seconds=_seconds(finding.lost))


def _unread(digest: Digest) -> list[str]:
    """What an event log never holds."""
    missing: list[str] = []
    if digest.stages and not any(executor.heap_peak for executor in digest.executors):
        missing.append("peak memory of executors (spark.eventLog.logStageExecutorMetrics is off)")
    return missing


def _seconds(milliseconds: int) -> float:
    return round(milliseconds / 1000, 1)
