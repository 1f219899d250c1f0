"""What is suspended, whom the proxy turned away, and what services call."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "suspensions",
        sa.Column("environment", sa.String(16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("signed", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("environment", "version", name="pk_suspensions"),
    )
    _turned_away()
    op.create_table(
        "day_services",
        sa.Column("environment", sa.String(16), nullable=False),
        sa.Column("server", sa.String(63), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("workload", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("calls", "ok", "errors", "denied")),
        sa.Column("minutes", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("environment", "server", "day", "workload", name="pk_day_services"),
    )


def _turned_away() -> None:
    op.create_table(
        "turned_away",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("time", sa.Float(), nullable=False),
        sa.Column("environment", sa.String(16), nullable=False),
        sa.Column("trace_id", sa.Text(), nullable=True),
        sa.Column("user", sa.Text(), nullable=True),
        sa.Column("workload", sa.Text(), nullable=True),
        sa.Column("server", sa.Text(), nullable=True),
        sa.Column("tool", sa.Text(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("how_to_ask", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_turned_away"),
    )
    op.create_index("ix_turned_away_environment_server_time", "turned_away", ["environment", "server", "time"])
    op.create_index("ix_turned_away_trace_id", "turned_away", ["trace_id"])
    op.create_index("ix_turned_away_time", "turned_away", ["time"])
