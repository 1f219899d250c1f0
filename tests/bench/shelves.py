"""A registry's database as a large company has it: servers, policies and a month of records."""

import json
import sqlite3
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from platform_core.policy.artefact import PolicyArtefact
from platform_core.registration.contract import Contract, Registration, ToolPromise
from platform_core.registration.manifest import Manifest
from registry.store import artefacts, health, servers
from registry.store.database import open_database
from registry.store.health import Sighting
from tests.registry.stage import Signer

SERVERS, TOOLS, UNITS, TEAMS = 1_000, 10, 50, 40
DAYS = 25
"""Less than records are kept, so that nothing is forgotten while it is measured."""
WORDS = ("revenue", "orders", "latency", "incidents", "payroll", "traffic", "capacity", "experiments")


def said(number: int) -> Registration:
    """What the pipeline says of a server: open to one unit, a part of its tools to one team there."""
    name, word = f"server-{number:04}", WORDS[number % len(WORDS)]
    promises = {f"{verb}_{word}": _promise(verb, word, number) for verb in VERBS}
    facts = {tool: {"risk": "low", "data_class": "internal", "minutes": 4, "basis": "asked users"} for tool in promises}
    proposes = {
        "surfaces": ["cli"], "business_groups": [f"unit-{number % UNITS}"],
        "policies": {"everyone": {"employment": ["employee"]}, "few": {"group": [f"team-{number % TEAMS}"]}},
    }  # fmt: skip
    manifest = {
        "name": name, "title": f"Server {number}", "summary": f"Look at {word} of region {number}", "tools": facts,
        "owner": f"Unit {number % UNITS}", "channels": [f"#ask-{name}"], "proposes": proposes,
    }  # fmt: skip
    return Registration(
        manifest=Manifest.model_validate(manifest), contract=Contract(server=name, tools=promises), version="1.0.0"
    )


VERBS = ("find", "describe", "count", "compare", "explain", "list", "check", "get", "watch", "export")[:TOOLS]


def _promise(verb: str, word: str, number: int) -> ToolPromise:
    schema = {"type": "object", "properties": {"words": {"type": "string"}}, "required": ["words"]}
    about = f"{verb.title()} {word} of one region by words or by name, 100 rows unless you say more; number {number}."
    promise = {"description": about, "input": schema, "output": None, "risk": "low", "data_class": "internal"}
    return ToolPromise.model_validate(promise | {"policy": "few" if verb == "export" else "everyone"})


async def stock(path: Path, signer: Signer) -> None:
    """Every server, approved and healthy."""
    now = time.time()
    async with open_database(path) as database, database.writing() as connection:
        for number in range(SERVERS):
            told = said(number)
            signed = signer.policy(told)
            await servers.register(connection, told, "production", now=now)
            await artefacts.keep(connection, PolicyArtefact.model_validate_json(signed.payload), signed, now=now)
        seen = [Sighting(server=f"server-{n:04}", state="healthy", reason="lists", at=now) for n in range(SERVERS)]
        await health.note(connection, "production", seen)


def add_records(path: Path, number: int) -> None:
    """Records of the last month, and the totals that taking them in would have made."""
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        plain = entry_of("x", 0)["record"] | {"phase": "done"}
        moment = f"{time.time() - DAYS * 86_400:.0f} + n * {DAYS * 86_400} / {number}"
        changing = {
            "id": "printf('rec-%09d', n)", "time": moment, "taken_at": moment,
            "server": f"printf('server-%04d', n % {SERVERS})", "user": "printf('person-%d', n % 900)",
            "trace_id": "printf('%032x', n)",
        }  # fmt: skip
        columns = {name: _literal(value) for name, value in plain.items()} | changing
        names, values = ", ".join(f'"{name}"' for name in columns), ", ".join(columns.values())
        counting = f"WITH RECURSIVE counting(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counting WHERE n < {number})"  # noqa: S608
        connection.execute(f"{counting} INSERT INTO invocations ({names}) SELECT {values} FROM counting")  # noqa: S608
        for statement in _totals():
            connection.execute(statement)
    connection.close()


def _totals() -> Sequence[str]:
    counts, day = "count(*), count(*), 0, 0, sum(minutes)", "date(time, 'unixepoch')"
    key = "environment, server"
    return (
        f"INSERT INTO day_totals ({key}, day, tool, surface, calls, ok, errors, denied, minutes) "  # noqa: S608
        f"SELECT {key}, {day}, tool, surface, {counts} FROM invocations GROUP BY 1, 2, 3, 4, 5",
        f"INSERT INTO server_totals ({key}, calls, ok, errors, denied, minutes) "  # noqa: S608
        f"SELECT {key}, {counts} FROM invocations GROUP BY 1, 2",
        f"INSERT INTO day_callers ({key}, day, user) SELECT DISTINCT {key}, {day}, user FROM invocations",  # noqa: S608
    )


def _literal(value: object) -> str:
    match value:
        case None:
            return "NULL"
        case bool() | int() | float():
            return str(float(value) if isinstance(value, float) else int(value))
        case str():
            return "'" + value.replace("'", "''") + "'"
        case _:
            return _literal(json.dumps(value))


def entry_of(spool: str, number: int) -> Mapping[str, Any]:
    """One record as a spool ships it."""
    record = {
        "id": f"{spool}-{number}", "time": time.time(), "environment": "production", "server": "server-0001",
        "server_version": "1.0.0", "method": "tools/call", "tool": "find_orders", "era": "2026-07-28", "user": "ana",
        "groups": ["team-1"], "business_groups": ["unit-1"], "surface": "cli", "client": "seedbed-cli",
        "token_id": None, "channel": None, "workload": None, "request_id": None, "trace_id": None,
        "rule": "server-0001/everyone", "allowed": True, "policy_version": 1, "outcome": "ok", "latency_ms": 12.5,
        "arguments": '{"words": "orders of last week"}', "result_size": 900, "result_digest": "0" * 64, "error": None,
        "stack": None, "approval": None, "minutes": 4.0,
    }  # fmt: skip
    return {"record": record, "phase": "done", "body": None}
