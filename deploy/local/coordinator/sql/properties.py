"""Session properties that clients may set. Run and execution time are kept; the other limits never bite here."""

import re
from collections.abc import Mapping

from deploy.local.coordinator.errors import ErrorCode, Location, TrinoError

_UNITS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
PROPERTIES = {
    "query_max_cpu_time": ("1000000000.00d", "varchar", "Maximum CPU time of a query"),
    "query_max_execution_time": ("100.00d", "varchar", "Maximum execution time of a query"),
    "query_max_memory": ("20GB", "varchar", "Maximum amount of distributed memory a query can use"),
    "query_max_planning_time": ("10.00m", "varchar", "Maximum planning time of a query"),
    "query_max_run_time": ("100.00d", "varchar", "Maximum run time of a query (includes the queueing time)"),
    "query_max_scan_physical_bytes": ("", "varchar", "Maximum scan physical bytes of a query"),
    "query_max_total_memory": ("40GB", "varchar", "Maximum amount of distributed total memory a query can use"),
    "time_zone_id": ("", "varchar", "Time zone id for the current session"),
}
"""Default, type and description of each."""


def check(name: str, value: str, at: Location | None = None) -> None:
    """Refuse a property that does not exist, or a time that is none."""
    if name not in PROPERTIES:
        raise TrinoError(ErrorCode.INVALID_SESSION_PROPERTY, f"Session property '{name}' does not exist", at)
    if name.endswith("_time") and seconds(value) is None:
        message = f"duration is not a valid data duration string: {value}"
        raise TrinoError(ErrorCode.INVALID_SESSION_PROPERTY, message, at)


def seconds(duration: str) -> float | None:
    """How long `2s`, `1.5m` or `100.00d` is, or None if that is no duration."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(ns|us|ms|s|m|h|d)\s*", duration)
    return float(match[1]) * _UNITS[match[2]] if match else None


def limits(properties: Mapping[str, str]) -> dict[str, float]:
    """The time limits that a session sets, in seconds."""
    named = {name: properties.get(name) for name in ("query_max_run_time", "query_max_execution_time")}
    return {name: limit for name, value in named.items() if value and (limit := seconds(value)) is not None}
