"""What a statement would read, by the engine's own estimate, before it runs."""

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from platform_core.errors import Unavailable

CHECK = "EXPLAIN (TYPE IO, FORMAT JSON)"
"""Names, types and rights are checked on the way; nothing runs."""
_BYTES, _ROWS = 1, 4
"""Columns of SHOW STATS."""
_DESCRIPTIONS = ("information_schema", "system")
"""They describe other data and have no statistics themselves."""


@dataclass(frozen=True, kw_only=True)
class Scan:
    """One table that would be read. None: the engine has no statistics."""

    table: str
    rows: float | None
    bytes: float | None
    filters: tuple[str, ...]
    """Columns whose conditions the engine can use to read less."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """All tables that would be read; views are their tables here."""

    scans: tuple[Scan, ...]

    @property
    def rows(self) -> float | None:
        return _sum(scan.rows for scan in self.scans)

    @property
    def bytes(self) -> float | None:
        """None as soon as one table is unknown."""
        return _sum(scan.bytes for scan in self.scans)

    def above(self, limit: int) -> bool:
        """What is unknown is dear: NaN must never look small."""
        return self.bytes is None or self.bytes > limit

    @classmethod
    def read(cls, told: str) -> Self:
        """Read the answer to `EXPLAIN (TYPE IO, FORMAT JSON)`."""
        try:
            tables: list[dict[str, Any]] = json.loads(told)["inputTableColumnInfos"]
            return cls(scans=tuple(map(_scan, tables)))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Unavailable("The engine's estimate can't be read: tell the owner of this server.") from error


def _scan(told: dict[str, Any]) -> Scan:
    catalog, place = told["table"]["catalog"], told["table"]["schemaTable"]
    constraints = told.get("columnConstraints") or told.get("constraint", {}).get("columnConstraints", [])
    estimate: dict[str, Any] = told.get("estimate") or {}
    free = catalog == "system" or place["schema"] in _DESCRIPTIONS
    return Scan(
        table=f"{catalog}.{place['schema']}.{place['table']}",
        rows=0.0 if free else known(estimate.get("outputRowCount")),
        bytes=0.0 if free else known(estimate.get("outputSizeInBytes")),
        filters=tuple(constraint["columnName"] for constraint in constraints),
    )


def known(number: object) -> float | None:
    """A finite number that is not below zero; NaN comes as a text."""
    if not isinstance(number, int | float | str):
        return None
    try:
        value = float(number)
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def rows_and_sizes(stats: list[list[Any]]) -> tuple[float | None, list[float | None]]:
    """What SHOW STATS tells: the rows of the table, in its last line, and the size of each column's data."""
    return (known(stats[-1][_ROWS]) if stats else None), [known(column[_BYTES]) for column in stats[:-1]]


def _sum(numbers: Iterable[float | None]) -> float | None:
    total = 0.0
    for number in numbers:
        if number is None:
            return None
        total += number
    return total
