"""What makes SQL slow: operators that should not be there, and inputs in the wrong shape."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from servers.spark.digest import Digest, Execution, Node, Stage
from servers.spark.findings.catalogue import catalogue, threshold
from servers.spark.findings.finding import Finding, amount, span
from servers.spark.findings.slow import cores, job_time, wall, worth_it

_IDS = re.compile(r"#\d+L?|\[codegen id : \d+\]|\[?plan_id=\d+\]?")
_CACHED = ("InMemoryTableScan", "InMemoryRelation")


def slow_plans(digest: Digest) -> list[Finding]:
    """All findings about SQL executions."""
    found: list[Finding] = []
    for execution in digest.executions:
        found += _pairs(execution, digest)
        found += _unbroadcast(execution, digest)
        found += _python(execution, digest)
        found += _files(execution, digest)
    found += _again(digest)
    best: dict[str, Finding] = {}
    for finding in sorted(found, key=lambda finding: -finding.lost):
        best.setdefault(finding.id, finding)
    return list(best.values())


def _stages(execution: Execution, digest: Digest) -> list[Stage]:
    ids = {stage for job in digest.jobs if job.sql == execution.id for stage in job.stages}
    return [stage for stage in digest.stages if stage.id in ids]


def below(plan: Sequence[Node], index: int) -> list[list[Node]]:
    """The subtrees under the node at `index`, left one first."""
    trees: list[list[Node]] = []
    for node in plan[index + 1 :]:
        if node.depth <= plan[index].depth:
            break
        if node.depth == plan[index].depth + 1:
            trees.append([])
        trees[-1].append(node)
    return trees


def _rows(tree: Sequence[Node]) -> int | None:
    """Rows that come out of a subtree: of the first node that counts them."""
    return next((n.metrics["number of output rows"] for n in tree if "number of output rows" in n.metrics), None)


def _operators(execution: Execution, finding: str) -> Iterator[tuple[int, Node]]:
    names = catalogue()[finding].operators
    yield from ((i, node) for i, node in enumerate(execution.plan) if node.name.startswith(names))


def _pairs(execution: Execution, digest: Digest) -> Iterator[Finding]:
    """Joins that look at every pair of rows."""
    for finding in ("cartesian", "nested_loop_join"):
        for index, node in _operators(execution, finding):
            sides = [_rows(tree) for tree in below(execution.plan, index)]
            pairs = (sides[0] or 0) * (sides[1] or 0) if len(sides) == 2 else 0
            if pairs < threshold(finding, "least_pairs"):
                continue
            stage = digest.stage(node.stage) or max(_stages(execution, digest), key=lambda s: s.cpu, default=None)
            lost = wall(stage) if stage else 0
            said = f"{node.name} of {sides[0]} and {sides[1]} rows: {pairs:.1e} pairs"
            evidence = (f"sql:{execution.id}", *((stage.ref,) if stage else ()))
            yield Finding(id=finding, said=said, evidence=evidence, lost=lost)


def _moved(tree: Sequence[Node]) -> int | None:
    """Bytes that the nearest exchange of a join's side moved."""
    return next((n.metrics["data size"] for n in tree if "data size" in n.metrics), None)


def _unbroadcast(execution: Execution, digest: Digest) -> Iterator[Finding]:
    small, ratio, least, speed = (
        threshold("missed_broadcast", name) for name in ("small_bytes", "big_ratio", "big_bytes", "bytes_per_second")
    )
    for index, node in _operators(execution, "missed_broadcast"):
        sides = sorted(size for tree in below(execution.plan, index) if (size := _moved(tree)) is not None)
        if len(sides) != 2 or sides[0] > small or sides[1] < max(least, ratio * sides[0]):
            continue
        limit = digest.properties.get("spark.sql.autoBroadcastJoinThreshold", "default")
        said = (
            f"{node.name} moved {amount(sides[1])} to join it with {amount(sides[0])}; "
            f"spark.sql.autoBroadcastJoinThreshold is {limit}"
        )
        lost = round(sides[1] / speed * 1000 / cores(digest))
        yield Finding(id="missed_broadcast", said=said, evidence=(f"sql:{execution.id}",), lost=lost)


def _python(execution: Execution, digest: Digest) -> Iterator[Finding]:
    stages = _stages(execution, digest)
    run = sum(stage.run for stage in stages)
    for _, node in _operators(execution, "slow_python_udf"):
        spent = node.metrics.get("time to run Python workers")
        if not run or (spent is not None and spent < threshold("slow_python_udf", "share") * run):
            continue
        known = f"{span(spent)} of {span(run)} task time" if spent else f"task time {span(run)}, its share not measured"
        said = f"{node.name} of {node.metrics.get('number of output rows', 'unknown')} rows: {known} in Python workers"
        lost = (spent or run // 2) // cores(digest)
        certain = "high" if spent else "low"
        yield Finding(
            id="slow_python_udf", said=said, lost=lost, confidence=certain,
            evidence=(f"sql:{execution.id}", *(stage.ref for stage in stages[:1])),
        )  # fmt: skip


def _files(execution: Execution, digest: Digest) -> Iterator[Finding]:
    least, mean = threshold("small_files", "least_files"), threshold("small_files", "mean_bytes")
    for node in execution.plan:
        for count, size, verb in (
            ("number of files read", "size of files read", "read"),
            ("number of written files", "written output", "written"),
        ):
            files, bytes_ = node.metrics.get(count, 0), node.metrics.get(size, 0)
            if files < least or bytes_ > mean * files:
                continue
            stages = sorted(_stages(execution, digest), key=lambda stage: -stage.duration_sum)
            idle = sum(max(0, round(stage.duration_sum - stage.cpu / 1e6)) for stage in stages[:1])
            said = f"{files} files {verb}, {amount(bytes_ / files)} each on average"
            found = Finding(
                id="small_files", said=said, lost=idle // cores(digest),
                evidence=(f"sql:{execution.id}", *(stage.ref for stage in stages[:1])),
            )  # fmt: skip
            if worth_it(found, digest):
                yield found


def _lineage(execution: Execution) -> str:
    """What the execution starts from: a leaf and the steps above it until the first shuffle or filter."""
    if any(node.name.startswith(_CACHED) for node in execution.plan):
        return ""
    leaves = [
        i
        for i, n in enumerate(execution.plan)
        if i + 1 == len(execution.plan) or execution.plan[i + 1].depth <= n.depth
    ]
    return " < ".join(_IDS.sub("", execution.plan[leaf].text) for leaf in leaves)


def _again(digest: Digest) -> Iterator[Finding]:
    """Executions that start from the same input, over and over."""
    alike: defaultdict[str, list[Execution]] = defaultdict(list)
    for execution in digest.executions:
        if execution.plan and (lineage := _lineage(execution)):
            alike[lineage].append(execution)
    for same in alike.values():
        first_stages = [min(stages, key=lambda s: s.id) for e in same if (stages := _stages(e, digest))]
        later = sum(map(wall, first_stages[1:]))
        enough = later >= threshold("recompute", "share") * job_time(digest)
        if len(first_stages) < threshold("recompute", "least_times") or not enough:
            continue
        said = (
            f"{len(same)} executions start from the same input; the later ones spent {span(later)} on their first stage"
        )
        yield Finding(
            id="recompute", said=said, lost=later, confidence="medium",
            evidence=(*(f"sql:{e.id}" for e in same[:4]), *(stage.ref for stage in first_stages[:2])),
        )  # fmt: skip
