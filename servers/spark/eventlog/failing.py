"""Failed task attempts, collapsed while they are read."""

from typing import TypeVar

from servers.spark.digest import Failure
from servers.spark.eventlog.events import TaskEnd
from servers.spark.eventlog.signature import cause_of

_T = TypeVar("_T", int, str)
MOST_SIGNATURES = 200
MOST_NAMED = 8
"""Stages, executors and tasks that one signature names."""


class Failing:
    """Signatures seen so far, first ones first; a thousand failures of one cause are one entry."""

    def __init__(self) -> None:
        self.by_signature: dict[str, Failure] = {}
        self.left_out = 0

    def add(self, event: TaskEnd, line: int) -> None:
        end, info = event.end, event.info
        cause = cause_of(end)
        signature = cause.signature(end.reason)
        failure = self.by_signature.get(signature)
        if failure is None:
            if len(self.by_signature) >= MOST_SIGNATURES:
                self.left_out += 1
                return
            failure = self.by_signature[signature] = Failure(
                signature=signature, reason=end.reason, exception=cause.exception, frame=cause.frame,
                message=cause.message, trace=cause.trace, first=info.finish, line=line, by_app=end.caused_by_app,
                from_executor=end.block_manager.executor if end.block_manager else "",
                stages=[], executors=[], tasks=[],
            )  # fmt: skip
        failure.count += 1
        failure.last = max(failure.last, info.finish)
        failure.lost_time += max(0, info.finish - info.launch)
        _name(failure.stages, f"stage:{event.stage}.{event.attempt}")
        _name(failure.executors, info.executor)
        _name(failure.tasks, info.id)


def _name(known: list[_T], one: _T) -> None:
    if len(known) < MOST_NAMED and one not in known:
        known.append(one)
