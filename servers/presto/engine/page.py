"""What the engine answers: one page of a statement, read once into values that can't be wrong."""

import json
import math
import re
from dataclasses import dataclass
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from platform_core.errors import Unavailable
from servers.presto.answers import Column

_PLACE = re.compile(r"^line \d+:\d+: ")


class _Wire(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, frozen=True)


class _Location(_Wire):
    line_number: int
    column_number: int


class _Error(_Wire):
    """Without the Java stack in `failureInfo`: it stays behind."""

    message: str = ""
    error_name: str = ""
    error_type: str = ""
    error_location: _Location | None = None


class _Stats(_Wire):
    state: str
    progress_percentage: float | None = None
    elapsed_time_millis: int = 0
    queued_time_millis: int = 0
    processed_rows: int = 0
    processed_bytes: int = 0
    physical_input_bytes: int = 0
    total_splits: int = 0
    completed_splits: int = 0


class _Page(_Wire):
    id: str
    stats: _Stats
    next_uri: str | None = None
    columns: list[Column] | None = None
    data: Any = None
    update_type: str | None = None
    update_count: int | None = None
    error: _Error | None = None


class Progress(BaseModel):
    """How far a statement is, in the engine's own numbers."""

    model_config = ConfigDict(frozen=True)

    state: str = "QUEUED"
    percent: float | None = None
    elapsed_ms: int = 0
    queued_ms: int = 0
    rows_read: int = 0
    bytes_read: int = 0
    splits: str = "0/0"


class QueryFailed(Exception):
    """The engine's own word on a statement that it did not finish."""

    def __init__(self, error: _Error, query_id: str, *, lines_above: int) -> None:
        super().__init__(error.message)
        self.message = _PLACE.sub("", error.message)
        self.name, self.kind, self.query_id = error.error_name, error.error_type, query_id
        at = error.error_location
        self.place = (at.line_number - lines_above, at.column_number) if at and at.line_number > lines_above else None
        """Line and column in the person's own text, from 1."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """One answer of the statement protocol."""

    query_id: str
    next: str | None
    """As the engine wrote it; a bearer capability."""
    columns: tuple[Column, ...]
    rows: list[list[Any]]
    writes: str | None
    """What the statement changes in the engine's own words, e.g. `INSERT`; None for one that reads."""
    changed: int | None
    """Rows that it changed, where the engine counts them."""
    progress: Progress

    @classmethod
    def read(cls, body: bytes, *, lines_above: int = 0) -> Self:
        """Raises `QueryFailed` where the engine says so, `Unavailable` where this is no answer of an engine."""
        try:
            page = _Page.model_validate(json.loads(body))
        except (ValueError, ValidationError) as error:
            raise Unavailable("What answers at the engine's address is not a coordinator: tell the owner.") from error
        if page.error is not None:
            raise QueryFailed(page.error, page.id, lines_above=lines_above)
        rows: list[list[Any]] = page.data or []
        if not isinstance(page.data, list | None):
            raise Unavailable("The engine hands rows to a storage instead of sending them: tell the owner.")
        return cls(
            query_id=page.id, next=page.next_uri, columns=tuple(page.columns or ()), rows=rows,
            writes=page.update_type, changed=page.update_count, progress=_progress(page.stats),
        )  # fmt: skip


def _progress(stats: _Stats) -> Progress:
    percent = stats.progress_percentage
    return Progress(
        state=stats.state,
        percent=round(percent, 1) if percent is not None and math.isfinite(percent) else None,
        elapsed_ms=stats.elapsed_time_millis,
        queued_ms=stats.queued_time_millis,
        rows_read=stats.processed_rows,
        bytes_read=stats.physical_input_bytes or stats.processed_bytes,
        splits=f"{stats.completed_splits}/{stats.total_splits}",
    )
