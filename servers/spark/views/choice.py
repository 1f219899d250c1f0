"""Which table a question means."""

from collections.abc import Callable
from typing import Literal

from platform_core.errors import Invalid
from servers.spark.digest import Digest
from servers.spark.views import lists
from servers.spark.views.shape import View
from servers.spark.views.stage import stage
from servers.spark.views.timeline import timeline

What = Literal["jobs", "stages", "stage", "executors", "sql", "environment", "timeline"]
_WHOLE: dict[What, Callable[[Digest], View]] = {
    "jobs": lists.jobs,
    "stages": lists.stages,
    "executors": lists.executors,
    "sql": lists.executions,
    "environment": lists.environment,
    "timeline": timeline,
}


def view(digest: Digest, what: What, id: str) -> View:
    """One view; `id` picks a stage (`stage:2.0`, `2.0`, `2`) or the plan of an execution (`sql:0`, `0`)."""
    number = id.rpartition(":")[2]
    if what == "stage":
        return stage(digest, number)
    if what == "sql" and number:
        return lists.plan(digest, number)
    return _WHOLE[what](digest)


def page_start(cursor: str) -> int:
    """Where a page starts. Refuses a cursor that no page gave."""
    if cursor and not (cursor.isdecimal() and cursor.isascii()):
        raise Invalid("`cursor` is the next_cursor of an earlier page; leave it out for the first one.")
    return int(cursor or 0)
