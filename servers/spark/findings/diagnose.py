"""From one digest to one verdict, for failed and for slow runs."""

from dataclasses import dataclass, replace

from servers.spark.digest import Digest
from servers.spark.findings.causes import first_causes
from servers.spark.findings.finding import Finding
from servers.spark.findings.plans import slow_plans
from servers.spark.findings.slow import slow_stages
from servers.spark.findings.status import Status, status_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """The first finding is the verdict; none means that nothing was found wrong."""

    status: Status
    findings: tuple[Finding, ...]
    unavailable: tuple[str, ...]
    """What could not be looked at."""

    @property
    def verdict(self) -> Finding | None:
        return self.findings[0] if self.findings else None

    def led_by(self, finding: Finding) -> "Diagnosis":
        """The same with a finding from elsewhere in front."""
        return replace(self, findings=(finding, *self.findings))

    def without(self, what: str) -> "Diagnosis":
        """The same, saying what else was not available."""
        return replace(self, unavailable=(*self.unavailable, what))


def diagnose(digest: Digest, *, silent_seconds: float) -> Diagnosis:
    """Failures first, in the order of time; then what costs time, the dearest first."""
    status = status_of(digest, silent_seconds=silent_seconds)
    causes = [*([_died(digest)] if status == "died" else []), *first_causes(digest, status)]
    slow = _ranked([*slow_stages(digest), *slow_plans(digest)])
    if any(cause.id == "out_of_memory_heap" for cause in causes):  # what a full heap does before the end
        slow = [finding for finding in slow if finding.id != "gc_pressure"]
    return Diagnosis(status=status, findings=(*causes, *slow), unavailable=tuple(digest.notes))


def _ranked(found: list[Finding]) -> list[Finding]:
    """The dearest first, but nothing before what explains it."""
    explained = {name for finding in found for name in finding.entry.explains}
    return sorted(found, key=lambda finding: (finding.id in explained, -finding.lost))


def _died(digest: Digest) -> Finding:
    open_jobs = [job for job in digest.jobs if job.completed is None]
    running = sum(len(stage.running) for stage in digest.stages)
    said = f"no end of the application in the log; {len(open_jobs)} jobs and {running} tasks were open"
    evidence = tuple(f"job:{job.id}" for job in open_jobs[:3])
    return Finding(
        id="driver_died", said=said, evidence=evidence or (f"line:{digest.lines}",), lost=digest.duration,
        at=digest.last_event, confidence="medium",
    )  # fmt: skip
