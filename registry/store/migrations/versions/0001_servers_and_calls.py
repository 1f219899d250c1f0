"""Servers, their versions and policies, and what was called."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    _servers()
    _invocations()
    _totals()


def _servers() -> None:
    op.create_table(
        "versions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("environment", sa.String(16), nullable=False),
        sa.Column("server", sa.String(63), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("contract_digest", sa.Text(), nullable=False),
        sa.Column("registration_digest", sa.Text(), nullable=False),
        sa.Column("registration", sa.Text(), nullable=False),
        sa.Column("registered_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_versions"),
        sa.UniqueConstraint(
            "environment", "server", "registration_digest", name="uq_versions_environment_server_registration_digest"
        ),
    )
    op.create_table(
        "artefacts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("environment", sa.String(16), nullable=False),
        sa.Column("server", sa.String(63), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("contract_digest", sa.Text(), nullable=False),
        sa.Column("signed", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_artefacts"),
        sa.UniqueConstraint("environment", "server", "version", name="uq_artefacts_environment_server_version"),
    )
    op.create_table(
        "servers",
        sa.Column("environment", sa.String(16), nullable=False),
        sa.Column("name", sa.String(63), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("artefact_id", sa.Integer(), nullable=True),
        sa.Column("registered_at", sa.Float(), nullable=False),
        sa.Column("changed_at", sa.Float(), nullable=False),
        sa.Column("withdrawn_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("environment", "name", name="pk_servers"),
        sa.ForeignKeyConstraint(["version_id"], ["versions.id"], name="fk_servers_version_id"),
        sa.ForeignKeyConstraint(["artefact_id"], ["artefacts.id"], name="fk_servers_artefact_id"),
    )


def _invocations() -> None:
    op.create_table(
        "invocations",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("phase", sa.String(8), nullable=False),
        sa.Column("time", sa.Float(), nullable=False),
        sa.Column("environment", sa.String(16), nullable=False),
        sa.Column("server", sa.String(63), nullable=False),
        sa.Column("server_version", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("tool", sa.Text(), nullable=True),
        sa.Column("era", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=True),
        sa.Column("groups", sa.Text(), nullable=False),
        sa.Column("business_groups", sa.Text(), nullable=False),
        sa.Column("surface", sa.Text(), nullable=True),
        sa.Column("client", sa.Text(), nullable=True),
        sa.Column("token_id", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("workload", sa.Text(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("trace_id", sa.Text(), nullable=True),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("allowed", sa.Boolean(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("latency_ms", sa.Float(), nullable=False),
        sa.Column("arguments", sa.Text(), nullable=True),
        sa.Column("result_size", sa.Integer(), nullable=False),
        sa.Column("result_digest", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("stack", sa.Text(), nullable=True),
        sa.Column("approval", sa.Text(), nullable=True),
        sa.Column("minutes", sa.Float(), nullable=False),
        sa.Column("taken_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_invocations"),
    )
    op.create_index("ix_invocations_environment_server_time", "invocations", ["environment", "server", "time"])
    op.create_index("ix_invocations_user_time", "invocations", ["user", "time"])
    op.create_index("ix_invocations_trace_id", "invocations", ["trace_id"])
    op.create_table(
        "invocation_bodies",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_invocation_bodies"),
    )


def _totals() -> None:
    op.create_table(
        "day_totals",
        sa.Column("environment", sa.String(16), nullable=False),
        sa.Column("server", sa.String(63), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("tool", sa.Text(), nullable=False),
        sa.Column("surface", sa.Text(), nullable=False),
        *_counts(),
        sa.PrimaryKeyConstraint("environment", "server", "day", "tool", "surface", name="pk_day_totals"),
    )
    op.create_table(
        "server_totals",
        sa.Column("environment", sa.String(16), nullable=False),
        sa.Column("server", sa.String(63), nullable=False),
        *_counts(),
        sa.PrimaryKeyConstraint("environment", "server", name="pk_server_totals"),
    )
    op.create_table(
        "day_callers",
        sa.Column("environment", sa.String(16), nullable=False),
        sa.Column("server", sa.String(63), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("environment", "server", "day", "user", name="pk_day_callers"),
    )


def _counts() -> list[sa.Column[int] | sa.Column[float]]:
    whole = [sa.Column(name, sa.Integer(), nullable=False) for name in ("calls", "ok", "errors", "denied")]
    return [*whole, sa.Column("minutes", sa.Float(), nullable=False)]
