"""One try's log, read as it streams."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

from platform_core import NotFound, Untrusted
from platform_core.references import airflow_run
from servers.airflow import extract
from servers.airflow.answers import Text
from servers.airflow.api import NDJSON, at
from servers.airflow.lines import Entry, Gone, TooLong, entries, present
from servers.airflow.plain import retold
from servers.airflow.session import Session, start_of
from servers.airflow.shapes import TaskInstance, TaskInstances

Mode = Literal["errors", "tail", "grep", "range"]


@dataclass(frozen=True)
class Try:
    """One try of one task; number 0 is the last."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int
    number: int


@dataclass(frozen=True, kw_only=True)
class Asked:
    mode: Mode
    pattern: str
    cursor: str


async def shown(airflow: Session, wanted: Try, asked: Asked) -> Text:
    """What was asked of the log."""
    start = start_of(asked.cursor)
    airflow.must_see(wanted.dag_id)
    number = await _number(airflow, wanted)
    note = f"{asked.mode} of the log of {_ref(wanted)}, try {number}"
    try:
        async with opened(airflow, wanted, number) as lines:
            return await _read(lines, asked, start, note)
    except Gone as gone:
        raise NotFound(f"Airflow has no line of this log, or keeps it no longer; it looked here: {gone}") from None
    except TooLong:
        raise NotFound(
            "The log is longer than this server reads: ask for its `range`, from its first line on."
        ) from None


@asynccontextmanager
async def opened(airflow: Session, wanted: Try, number: int) -> AsyncGenerator[AsyncIterator[Entry]]:
    """The lines of the log of try `number`."""
    path = at("dags", wanted.dag_id, "dagRuns", wanted.run_id, "taskInstances", wanted.task_id, "logs", str(number))
    most = airflow.person.settings.most_log_bytes
    async with airflow.api.lines(airflow.person, path, map_index=wanted.map_index) as answer:
        lines = entries(answer, most)
        yield present(lines if airflow.api.log_type == NDJSON else retold(lines))


async def _read(lines: AsyncIterator[Entry], asked: Asked, start: int, note: str) -> Text:
    following = 0
    match asked.mode:
        case "errors":
            found = await extract.errors(lines)
            note, text = f"{note}, {found.lines} lines", extract.told(found)
        case "tail":
            text = await extract.tail(lines)
        case "grep":
            text, following = await extract.grep(lines, asked.pattern, start)
        case "range":
            text, following = await extract.lines_from(lines, start)
    more = str(following) if following else None
    return Text(note=note, text=Untrusted(text or "(no such line)"), truncated=bool(more), next_cursor=more)


async def _number(airflow: Session, wanted: Try) -> int:
    """The number of the try: the last one is looked up, and one that was not is told apart from one without a log."""
    path = at("dags", wanted.dag_id, "dagRuns", wanted.run_id, "taskInstances", wanted.task_id)
    if wanted.map_index >= 0:
        path = f"{path}/{wanted.map_index}"
    try:
        found = await airflow.get(path, TaskInstance)
    except NotFound as error:
        raise await _which(airflow, wanted) or error from None
    if found.try_number == 0:
        raise NotFound(f"{wanted.task_id} has not begun (it is {found.state or 'waiting'}), so it has no log yet.")
    if wanted.number > found.try_number:
        raise NotFound(f"{wanted.task_id} was tried {found.try_number} times; there is no try {wanted.number}.")
    return wanted.number or found.try_number


async def _which(airflow: Session, wanted: Try) -> NotFound | None:
    """What is wrong with the names that were given."""
    path = at("dags", wanted.dag_id, "dagRuns", wanted.run_id, "taskInstances")
    found = await airflow.get(path, TaskInstances, task_id=wanted.task_id, limit=100)
    mapped = sorted(one.map_index for one in found.task_instances if one.task_id == wanted.task_id)
    if mapped and mapped[0] >= 0:
        return NotFound(f"{wanted.task_id} is mapped: give `map_index`, from {mapped[0]} to {mapped[-1]}.")
    if mapped:
        return NotFound(f"{wanted.task_id} is not mapped: leave `map_index` out.")
    return None


def _ref(wanted: Try) -> str:
    index = f"[{wanted.map_index}]" if wanted.map_index >= 0 else ""
    return airflow_run(wanted.dag_id, wanted.run_id, f"{wanted.task_id}{index}")
