"""What is counted by month; what was recorded before is counted here, once."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_TOTALS = """
    INSERT INTO month_totals
    SELECT environment, month, server, surface, sum(used), sum(used AND outcome = 'ok'),
        sum(used AND outcome IN ('tool_error', 'invalid', 'exception')),
        sum(outcome = 'denied' AND method = 'connect'), sum(outcome = 'denied' AND method <> 'connect'),
        sum(CASE WHEN used AND outcome = 'ok' AND person THEN minutes ELSE 0 END)
    FROM recorded WHERE used OR outcome = 'denied' GROUP BY 1, 2, 3, 4"""
_CALLERS = """
    INSERT INTO month_callers
    SELECT DISTINCT environment, month, server, surface, user
    FROM recorded WHERE used AND outcome <> 'denied' AND person"""
_REFUSALS = """
    INSERT INTO month_refusals
    SELECT environment, strftime('%Y-%m', time, 'unixepoch'), CASE WHEN (environment, server) IN
        (SELECT environment, name FROM servers) THEN server ELSE '' END, count(*)
    FROM turned_away GROUP BY 1, 2, 3"""
_RECORDED = """
    CREATE TEMPORARY VIEW recorded AS
    SELECT environment, strftime('%Y-%m', time, 'unixepoch') AS month, server, coalesce(surface, '') AS surface,
        user, method, outcome, minutes, method IN ('tools/call', 'resources/read', 'prompts/get') AS used,
        user IS NOT NULL AND coalesce(surface, '') <> 'probe' AS person
    FROM invocations WHERE phase = 'done'"""
COUNTING = (_RECORDED, _TOTALS, _CALLERS, _REFUSALS, "DROP VIEW recorded")


def upgrade() -> None:
    op.create_table(
        "month_totals",
        *_key("environment", "month", "server", "surface"),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("calls", "ok", "errors")),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("denied_gate", "denied_policy")),
        sa.Column("minutes", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("environment", "month", "server", "surface", name="pk_month_totals"),
    )
    op.create_table(
        "month_callers",
        *_key("environment", "month", "server", "surface", "user"),
        sa.PrimaryKeyConstraint("environment", "month", "server", "surface", "user", name="pk_month_callers"),
    )
    op.create_table(
        "month_refusals",
        *_key("environment", "month", "server"),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("environment", "month", "server", name="pk_month_refusals"),
    )
    for statement in COUNTING:
        op.execute(statement)


def _key(*names: str) -> list[sa.Column[str]]:
    long = {"environment": 16, "month": 7, "server": 63}
    types = {name: sa.String(long[name]) if name in long else sa.Text() for name in names}
    return [sa.Column(name, types[name], nullable=False) for name in names]
