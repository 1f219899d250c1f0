"""Plans of SQL executions, with the few metrics that findings ask for."""

from collections.abc import Iterable

from servers.spark.digest import Execution, Node
from servers.spark.eventlog.events import Accumulable, PlanNode, SqlStart

MOST_EXECUTIONS = 1_000
"""That a digest keeps; of those beyond, only failed ones."""
MOST_NODES = 300
MOST_TEXT = 240
_WANTED = frozenset((
    "number of files read", "size of files read", "number of output rows", "data size", "spill size",
    "shuffle bytes written", "number of partitions", "number of coalesced partitions", "number of written files",
    "written output", "time to run Python workers", "time to execute Python code", "time to build", "time to broadcast",
))  # fmt: skip


class Plans:
    """The executions seen so far. Values of accumulators are kept only while their execution runs."""

    def __init__(self) -> None:
        self.executions: dict[int, Execution] = {}
        self.left_out = 0
        self._ids: dict[int, set[int]] = {}
        self._by_accumulator: dict[int, list[tuple[Node, str]]] = {}
        self._values: dict[int, tuple[int, str]] = {}

    def start(self, event: SqlStart) -> None:
        if len(self.executions) >= MOST_EXECUTIONS:
            self.left_out += 1
            return
        text = (event.description or "")[:500]
        self.executions[event.id] = Execution(id=event.id, started=event.time, description=text)
        self._take_plan(event.id, event.plan)

    def replan(self, id: int, plan: PlanNode) -> None:
        """The plan changed while it ran."""
        if execution := self.executions.get(id):
            execution.replans += 1
            self._take_plan(id, plan)

    def end(self, id: int, time: int, error: str | None) -> None:
        if execution := self.executions.get(id):
            execution.ended = time
            for accumulator in self._ids.pop(id, ()):
                self._by_accumulator.pop(accumulator, None)
                self._values.pop(accumulator, None)
            execution.error = error[:2_000] if error else None

    def stage_values(self, stage: str, accumulables: Iterable[Accumulable]) -> None:
        """The totals that a completed stage came to."""
        for one in accumulables:
            if one.metadata == "sql" and one.id in self._by_accumulator and (value := _number(one.value)) is not None:
                self._store(one.id, value, stage)

    def driver_values(self, updates: Iterable[tuple[int, int]]) -> None:
        for id, value in updates:
            if id in self._by_accumulator:
                self._store(id, value)

    def _store(self, id: int, value: int, stage: str = "") -> None:
        self._values[id] = value, stage
        for node, name in self._by_accumulator[id]:
            node.metrics[name], node.stage = value, node.stage or stage

    def _take_plan(self, id: int, plan: PlanNode) -> None:
        for accumulator in self._ids.pop(id, ()):
            self._by_accumulator.pop(accumulator, None)
        nodes: list[Node] = []
        ids = self._ids[id] = set[int]()
        waiting = [(plan, 0)]
        while waiting and len(nodes) < MOST_NODES:
            planned, depth = waiting.pop()
            node = Node(name=planned.name[:120].strip(), text=planned.text[:MOST_TEXT], depth=depth, metrics={})
            nodes.append(node)
            for metric in planned.metrics:
                if metric.name in _WANTED:
                    self._by_accumulator.setdefault(metric.id, []).append((node, metric.name))
                    ids.add(metric.id)
                    if metric.id in self._values:
                        node.metrics[metric.name], node.stage = self._values[metric.id]
            waiting += [(child, depth + 1) for child in reversed(planned.children)]
        self.executions[id].plan = nodes


def _number(value: object) -> int | None:
    """Values of SQL metrics are written as text, those of the core as numbers."""
    try:
        return int(value) if isinstance(value, int | float | str) else None
    except ValueError:
        return None
