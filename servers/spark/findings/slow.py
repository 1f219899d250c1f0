"""What makes stages slow: one finding for each way, with its worst stage."""

from collections.abc import Iterable

from servers.spark.digest import Digest, Stage
from servers.spark.findings.catalogue import threshold
from servers.spark.findings.finding import Finding, amount, span

LEAST_SHARE = 0.05
"""Of the time in jobs; what costs less is not worth a person's time."""


def slow_stages(digest: Digest) -> list[Finding]:
    """All findings about stages and cores."""
    found = [_skew(digest), _straggler(digest), _spill(digest), _tiny(digest), _garbage(digest), _idle(digest)]
    return [finding for finding in found if finding is not None and worth_it(finding, digest)] + _copies(digest)


def job_time(digest: Digest) -> int:
    """Milliseconds in which some job ran."""
    total = until = 0
    for job in sorted(digest.jobs, key=lambda job: job.submitted):
        end = job.completed or digest.until
        total += max(0, end - max(job.submitted, until))
        until = max(until, end)
    return total


def wall(stage: Stage) -> int:
    """Milliseconds from its submission to its end; 0 while it runs."""
    return stage.completed - stage.submitted if stage.completed and stage.submitted else 0


def worth_it(finding: Finding, digest: Digest) -> bool:
    return finding.lost >= LEAST_SHARE * job_time(digest)


def cores(digest: Digest) -> int:
    """Cores that ran beside each other."""
    return max(1, sum(executor.cores for executor in digest.executors if not executor.removed) or len(digest.executors))


def _worst(losses: Iterable[tuple[int, Stage]]) -> tuple[int, Stage] | None:
    return max((pair for pair in losses if pair[0] > 0), key=lambda pair: pair[0], default=None)


def _skew(digest: Digest) -> Finding | None:
    ratio, least, slower = (threshold("skew", name) for name in ("size_ratio", "least_bytes", "time_ratio"))
    worst = _worst(
        (stage.durations.most - stage.durations.median, stage)
        for stage in digest.stages
        if stage.ok >= 2 and stage.sizes.most >= least and stage.sizes.most >= ratio * stage.sizes.median
        and stage.durations.most >= slower * stage.durations.median
    )  # fmt: skip
    if worst is None:
        return None
    lost, stage = worst
    said = (
        f"the largest of {stage.ok} tasks read {amount(stage.sizes.most)}, the median {amount(stage.sizes.median)}; "
        f"it took {span(stage.durations.most)}, the median {span(stage.durations.median)}"
    )
    return Finding(id="skew", said=said, evidence=_evidence(stage), lost=lost)


def _straggler(digest: Digest) -> Finding | None:
    ratio, least, even = (threshold("straggler", name) for name in ("time_ratio", "least_seconds", "even_ratio"))
    worst = _worst(
        (stage.slowest.duration - stage.durations.median, stage)
        for stage in digest.stages
        if stage.slowest and stage.ok >= 4
        and stage.slowest.duration >= max(ratio * stage.durations.median, least * 1000)
        and stage.slowest.bytes <= even * max(stage.sizes.median, 1_000_000)
    )  # fmt: skip
    if worst is None or (slow := worst[1].slowest) is None:
        return None
    lost, stage = worst
    waited = f"{100 - min(100, slow.cpu // 10_000 // max(1, slow.duration))} % of it without CPU"
    said = (
        f"task {slow.id} (index {slow.index}) took {span(slow.duration)} on executor {slow.executor}, the median of "
        f"{stage.ok} tasks {span(stage.durations.median)}, with as many bytes; {waited}"
    )
    return Finding(id="straggler", said=said, evidence=_evidence(stage), lost=lost)


def _spill(digest: Digest) -> Finding | None:
    least = threshold("spill", "disk_bytes")
    spilled = [stage for stage in digest.stages if stage.disk_spilled >= least]
    if not spilled:
        return None
    stage = max(spilled, key=lambda stage: stage.disk_spilled)
    disk = sum(stage.disk_spilled for stage in spilled)
    said = (
        f"{amount(disk)} went to disk in {len(spilled)} stages, {amount(stage.disk_spilled)} of it in "
        f"{stage.ref}, whose tasks read {amount(stage.sizes.median)} each at the median"
    )
    lost = sum(map(_spilling, spilled))
    return Finding(id="spill", said=said, evidence=_evidence(stage), lost=lost, confidence="medium")


def _spilling(stage: Stage) -> int:
    """Half of the stage's time, in the share that spilled bytes have of all that it moved."""
    moved = stage.disk_spilled + stage.input + stage.shuffle_read
    return wall(stage) * stage.disk_spilled // (2 * moved)


def _tiny(digest: Digest) -> Finding | None:
    least, median, idle = (threshold("tiny_tasks", name) for name in ("least_tasks", "median_ms", "idle_share"))
    tiny = [
        stage for stage in digest.stages
        if stage.ok >= least and stage.durations.median < median
        and stage.cpu / 1e6 < (1 - idle) * stage.duration_sum
    ]  # fmt: skip
    if not tiny:
        return None
    lost = sum(round(stage.duration_sum - stage.cpu / 1e6) for stage in tiny) // cores(digest)
    stage = max(tiny, key=lambda stage: stage.ok)
    said = (
        f"{sum(s.ok for s in tiny)} tasks in {len(tiny)} stages, median {span(stage.durations.median)}, mostly not CPU"
    )
    return Finding(id="tiny_tasks", said=said, evidence=_evidence(stage), lost=lost)


def _garbage(digest: Digest) -> Finding | None:
    share, least = threshold("gc_pressure", "share"), threshold("gc_pressure", "least_ms")
    full = [stage for stage in digest.stages if stage.gc >= max(least, share * stage.run)]
    if not full:
        return None
    stage = max(full, key=lambda stage: stage.gc / max(1, stage.run))
    everywhere = sum(stage.gc for stage in digest.stages)
    said = (
        f"{stage.gc * 100 // max(1, stage.run)} % of the task time of {stage.ref} is garbage collection, "
        f"{span(everywhere)} in all stages"
    )
    return Finding(id="gc_pressure", said=said, evidence=_evidence(stage), lost=everywhere // cores(digest))


def _idle(digest: Digest) -> Finding | None:
    idle, least = threshold("idle_cores", "idle_share"), threshold("idle_cores", "least_core_seconds")
    held = sum(e.cores * max(0, (e.removed or digest.until) - e.added) for e in digest.executors)
    unused = held - sum(executor.busy for executor in digest.executors)
    if held == 0 or unused < max(least * 1000, idle * held):
        return None
    said = f"{100 * unused // held} % of {span(held)} core time held by {len(digest.executors)} executors was unused"
    evidence = tuple(f"executor:{executor.id}" for executor in digest.executors[:3])
    return Finding(id="idle_cores", said=said, evidence=evidence, lost=unused // cores(digest), confidence="medium")


def _copies(digest: Digest) -> list[Finding]:
    copied = [stage for stage in digest.stages if stage.speculative]
    if not copied:
        return []
    count = sum(stage.speculative for stage in copied)
    open_ones = sum(task.speculative for stage in copied for task in stage.running)
    said = f"{count} speculative copies in {len(copied)} stages; {open_ones} had not ended when the log did"
    return [Finding(id="speculation", said=said, evidence=_evidence(copied[0]), lost=0)]


def _evidence(stage: Stage) -> tuple[str, ...]:
    return (stage.ref, f"task:{stage.slowest.id}") if stage.slowest else (stage.ref,)
