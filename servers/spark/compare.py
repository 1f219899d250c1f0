"""Two runs of one job beside each other: time per input, settings, stages, plans, without what differs by chance."""

import difflib
import re
from collections.abc import Iterator

from servers.spark.answers import Value
from servers.spark.digest import Digest, Execution
from servers.spark.findings.finding import amount, span
from servers.spark.findings.slow import job_time, wall

_NOISE = re.compile(
    r"^spark\.(app\.(id|startTime|submitTime|initial|name)|driver\.(port|host|appUIAddress|bindAddress|blockManager)"
    r"|executor\.id|ui\.|eventLog\.|yarn\.(app\.id|historyServer)|kubernetes\.(driver\.pod|.*\.label)|repl\.|history\.)"
    r"|\.(id|token|uuid|timestamp)$|dagRunId|run_id"
)
_SAME_JOB = re.compile(r"[\d_:./-]+")
_PLAN_IDS = re.compile(r"#\d+L?|\s*\[codegen id : \d+\]|,? ?\[?plan_id=\d+\]?|\(\d+\)$")
NOTICEABLE = 1.25
"""A ratio below which two numbers are alike."""
_MOST_PLAN = 40

Row = list[Value]


def job_name(name: str) -> str:
    """The name without dates and numbers, which differ from run to run."""
    return _SAME_JOB.sub(" ", name.lower()).strip()


def differences(run: Digest, base: Digest) -> list[Row]:
    """What differs and may matter: area, what, this run, the baseline, remark."""
    return [*_totals(run, base), *_settings(run, base), *_stages(run, base), *_plans(run, base)]


def _totals(run: Digest, base: Digest) -> Iterator[Row]:
    yield ["total", "duration", span(run.duration), span(base.duration), _ratio(run.duration, base.duration)]
    yield ["total", "time in jobs", span(job_time(run)), span(job_time(base)), _ratio(job_time(run), job_time(base))]
    sizes = _work(run), _work(base)
    yield ["total", "input and shuffle", *map(amount, sizes), _ratio(*sizes)]
    if all(sizes):
        rates = job_time(run) / (sizes[0] / 1e6), job_time(base) / (sizes[1] / 1e6)
        remark = "slower for the same data" if rates[0] > rates[1] * NOTICEABLE else "in line with its data"
        yield ["total", "time in jobs per MB", span(rates[0]), span(rates[1]), f"{_ratio(*rates)}: {remark}"]
    cores = sum(e.cores for e in run.executors), sum(e.cores for e in base.executors)
    if cores[0] != cores[1]:
        yield ["total", "cores that came", *cores, _ratio(*cores)]
    if run.failed_tasks or base.failed_tasks:
        yield ["total", "failed tasks", run.failed_tasks, base.failed_tasks, ""]
    if run.spark != base.spark:
        yield ["total", "Spark version", run.spark, base.spark, "changed"]


def _work(digest: Digest) -> int:
    return sum(stage.input + stage.shuffle_read for stage in digest.stages)


def _settings(run: Digest, base: Digest) -> Iterator[Row]:
    for key in sorted(run.properties.keys() | base.properties.keys()):
        mine, theirs = run.properties.get(key), base.properties.get(key)
        if mine != theirs and not _NOISE.search(key) and not _differs_by_ids(mine, theirs):
            yield ["setting", key, mine, theirs, "changed" if mine and theirs else "new" if mine else "gone"]


def _differs_by_ids(mine: str | None, theirs: str | None) -> bool:
    """Whether two values are alike but for long numbers: times, ids, folders of a run."""
    masks = (re.sub(r"\d{5,}[\d-]*|[0-9a-f-]{32,}", "#", value or "") for value in (mine, theirs))
    return mine is not None and theirs is not None and len(set(masks)) == 1


def _stages(run: Digest, base: Digest) -> Iterator[Row]:
    """Stages with one name, in order; those that take notice of time."""
    others = list(base.stages)
    for stage in run.stages:
        twin = next((other for other in others if other.name == stage.name and other.tasks == stage.tasks), None)
        twin = twin or next((other for other in others if other.name == stage.name), None)
        if twin is None:
            continue
        others.remove(twin)
        mine, theirs = wall(stage), wall(twin)
        if min(mine, theirs) > 0 and max(mine, theirs) >= NOTICEABLE * min(mine, theirs):
            data = f"data {_ratio(stage.input + stage.shuffle_read, twin.input + twin.shuffle_read)}"
            yield [
                "stage",
                f"{stage.ref} ({twin.ref} then) {stage.name}",
                span(mine),
                span(theirs),
                f"{_ratio(mine, theirs)}, {data}",
            ]
        if stage.failure and not twin.failure:
            yield ["stage", stage.ref, "failed", "done", stage.failure.partition("\n")[0][:200]]


def _plans(run: Digest, base: Digest) -> Iterator[Row]:
    """Executions in order, with the operators that are new or gone."""
    for mine, theirs in zip(run.executions, base.executions, strict=False):
        for line in list(_plan_changes(mine, theirs))[:_MOST_PLAN]:
            here, there = (line[2:], "") if line.startswith("+") else ("", line[2:])
            yield ["plan", f"sql:{mine.id}", here, there, "new operator" if here else "gone operator"]
    if len(run.executions) != len(base.executions):
        yield ["plan", "SQL executions", len(run.executions), len(base.executions), "the rest has no twin"]


def _plan_changes(mine: Execution, theirs: Execution) -> Iterator[str]:
    changes = difflib.unified_diff(_outline(theirs), _outline(mine), lineterm="", n=0)
    yield from (
        f"{line[0]} {line[1:].strip()}" for line in changes if line[:1] in "+-" and line[:3] not in ("+++", "---")
    )


def _outline(execution: Execution) -> list[str]:
    return [_PLAN_IDS.sub("", node.name) for node in execution.plan if not node.name.startswith("WholeStageCodegen")]


def _ratio(mine: float, theirs: float) -> str:
    return f"x{mine / theirs:.2f}" if theirs else "new" if mine else ""
