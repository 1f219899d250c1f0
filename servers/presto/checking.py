"""What a statement is and what it would cost, told before anybody runs it."""

from servers.presto.answers import Check, Scanned, amount
from servers.presto.asking import cheaper
from servers.presto.session import Session
from servers.presto.sql.changing import changes
from servers.presto.sql.reading import Reading, read_only
from servers.presto.sql.refused import Refused


async def check(presto: Session, sql: str) -> Check:
    """Judge the text, then ask the engine; a statement that it can't plan is an error with its place."""
    try:
        reading = read_only(sql)
    except Refused as refusal:
        return await _other(presto, sql, refusal)
    if reading.plan_only:
        return Check(kind="read", approval_needed=False, columns=list(reading.columns), note="Reads: it is a plan.")
    return await _read(presto, reading)


async def _read(presto: Session, reading: Reading) -> Check:
    estimate = await presto.estimate(reading)
    dear = estimate.above(presto.caps.ask_above_bytes)
    advice = cheaper(reading, await presto.unpruned(estimate)) if dear else ""
    asks = f" `run_query` asks the person first.{advice}" if dear else ""
    return Check(
        kind="read",
        approval_needed=dear,
        tables=[
            Scanned(table=scan.table, rows=scan.rows, bytes=scan.bytes, filters=list(scan.filters))
            for scan in estimate.scans
        ],
        columns=list(reading.columns),
        bytes=estimate.bytes,
        note=f"Reads {amount(estimate.bytes)} by the engine's estimate.{asks}",
    )


async def _other(presto: Session, sql: str, refusal: Refused) -> Check:
    try:
        change = changes(sql)
    except Refused:
        return Check(kind="refused", approval_needed=False, note=f"Refused ({refusal.rule}): {refusal}")
    off = "" if presto.caps.writes else " Changes are switched off on this server."
    return Check(
        kind="write",
        approval_needed=True,
        note=f"{change.kind} {'.'.join(change.target)}: that is for `write_table`.{off}",
    )
