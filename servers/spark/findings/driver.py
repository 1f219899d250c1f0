"""What a driver's own log adds where the event log leaves open why an application ended as it did."""

import re
from collections.abc import Sequence

from servers.spark.digest import Digest
from servers.spark.eventlog.signature import cause_in
from servers.spark.findings.catalogue import kind_of
from servers.spark.findings.diagnose import Diagnosis
from servers.spark.findings.finding import Finding
from servers.spark.logs.extract import Extract

OPEN = ("unexplained", "driver_died")
"""Verdicts that say less than a driver's log may."""
_OF_A_TASK = re.compile(r"TaskSetManager|Lost task|TaskSchedulerImpl|TaskEndReason")
# The Python half of a driver finds its JVM gone and says so: that follows from the end and is not its cause.
_OF_THE_END = re.compile(r"ConnectionRefused|Connection refused|ConnectionReset|Py4JNetworkError|Java side is empty")


def is_open(digest: Digest, diagnosis: Diagnosis) -> bool:
    """Whether the event log leaves it open."""
    verdict = diagnosis.verdict
    if verdict is None:
        return not digest.jobs and diagnosis.status != "running"
    return verdict.id in OPEN


def explained(digest: Digest, diagnosis: Diagnosis, streams: Sequence[Extract]) -> Diagnosis:
    """The diagnosis, led by the first error in the driver's streams that is a cause; as it was where there is none."""
    found = [
        _finding(digest, said) for said in streams if said.first_error and not _OF_THE_END.search(said.first_error)
    ]
    best = sorted(found, key=lambda finding: finding.id == "bad_code")  # a named cause before any exception
    return diagnosis.led_by(best[0]) if best else diagnosis


def _finding(digest: Digest, said: Extract) -> Finding:
    text, kind = said.first_error, kind_of(said.first_error)
    if kind == "out_of_memory_heap" and not _OF_A_TASK.search(text):
        kind = "driver_out_of_memory"
    return Finding(
        id="bad_code" if kind == "unexplained" else kind, said=_thrown(text), lost=digest.duration, at=digest.until,
        evidence=(f"driver-log:{said.first_error_line}",), confidence="medium",
        signature=cause_in(text, message=text).signature("driver"),
    )  # fmt: skip


def _thrown(text: str) -> str:
    """The first line, and what was thrown where the next one says it."""
    first, _, rest = text.partition("\n")
    thrown = rest.partition("\n")[0]
    return f"{first}: {thrown}" if re.match(r"[\w.$]+(Error|Exception)\b", thrown) else first
