"""The same numbers counted over raw records, by SQL that knows nothing of the code that keeps the totals."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from registry.store.impact import Figures

_CALLS = """
    WITH said AS (
        SELECT *, substr(datetime(time, 'unixepoch'), 1, 7) AS month,
            method = 'tools/call' OR method = 'resources/read' OR method = 'prompts/get' AS used
        FROM invocations WHERE phase = 'done' AND environment = :environment AND surface NOT IN ('service', 'probe'))
    SELECT {key} AS key,
        count(*) FILTER (WHERE used) AS calls,
        count(*) FILTER (WHERE used AND outcome = 'ok') AS ok,
        count(*) FILTER (WHERE used AND outcome IN ('tool_error', 'invalid', 'exception')) AS errors,
        count(*) FILTER (WHERE outcome = 'denied' AND method = 'connect') AS denied_gate,
        count(*) FILTER (WHERE outcome = 'denied' AND method != 'connect') AS denied_policy,
        coalesce(total(minutes) FILTER (WHERE used AND outcome = 'ok' AND user IS NOT NULL), 0) AS minutes,
        count(DISTINCT user) FILTER (WHERE used AND outcome != 'denied') AS people
    FROM said WHERE :months LIKE '%' || month || '%' AND (used OR outcome = 'denied') GROUP BY 1"""
_REFUSED = """
    SELECT {key} AS key, count(*) AS refused FROM
        (SELECT *, substr(datetime(time, 'unixepoch'), 1, 7) AS month FROM turned_away)
    WHERE environment = :environment AND :months LIKE '%' || month || '%' GROUP BY 1"""
_REGISTERED = "CASE WHEN server = 'presto' AND environment = 'production' THEN 'presto' ELSE '' END"


async def raw_figures(
    connection: AsyncConnection, environment: str, months: tuple[str, ...], key: str
) -> dict[str, Figures]:
    """Figures by environment, server, surface or month."""
    wanted = {"environment": environment, "months": " ".join(months)}
    calls = (await connection.execute(text(_CALLS.format(key=key)), wanted)).mappings()
    refused: dict[str, int] = {}
    if key != "surface":
        named = _REGISTERED if key == "server" else key
        refused = {row.key: row.refused for row in await connection.execute(text(_REFUSED.format(key=named)), wanted)}
    found: dict[str, dict[str, Any]] = {name: {} for name in refused}
    found |= {row["key"]: {name: value for name, value in row.items() if name != "key"} for row in calls}
    return {name: Figures(**each, refused_at_proxy=refused.get(name, 0)) for name, each in sorted(found.items())}
