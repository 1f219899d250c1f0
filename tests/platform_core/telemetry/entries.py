"""Records for tests, told apart by a number."""

import json
from pathlib import Path
from typing import Any

from platform_core.telemetry.record import Body, Entry, Record


def an_entry(number: int, *, size: int = 10, opened: bool = False) -> Entry:
    """The record of call `number`, with `size` bytes of result."""
    record = Record(
        id=f"{number:08d}",
        time=float(number),
        environment="production",
        server="shop",
        server_version="1",
        method="tools/call",
        tool="look",
        era="2026-07-28",
        rule="shop/browse",
        allowed=True,
        policy_version=1,
        outcome="ok",
        latency_ms=1.0,
    )
    return Entry(record=record, body=Body(id=record.id, result="x" * size), phase="opened" if opened else "done")


def lines(folder: Path) -> list[dict[str, Any]]:
    """Every whole line in the spool of `folder`, oldest first."""
    written = [path.read_bytes().partition(b"\0")[0] for path in sorted(folder.glob("*.jsonl"))]
    return [json.loads(line) for text in written for line in text.split(b"\n")[:-1]]


def numbers(folder: Path) -> list[int]:
    """The numbers of the calls in the spool of `folder`."""
    return [int(line["record"]["id"]) for line in lines(folder)]
