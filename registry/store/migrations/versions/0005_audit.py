"""Who did what, each line bound to the one before; what is forgotten and erased; where live servers differ."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("time", sa.Float(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("act", "actor", "about", "detail")),
        sa.Column("salt", sa.String(32), nullable=False),
        *(sa.Column(name, sa.String(64), nullable=False) for name in ("words", "digest")),
        sa.PrimaryKeyConstraint("number", name="pk_audit"),
    )
    for column in ("actor", "about", "act"):
        op.create_index(f"ix_audit_{column}", "audit", [column])
    _retention()
    _drift()


def _retention() -> None:
    op.create_table(
        "call_references",
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("call_id", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("reference", "call_id", name="pk_call_references"),
    )
    op.create_index("ix_call_references_call_id", "call_references", ["call_id"])
    op.create_index("ix_invocations_taken_at", "invocations", ["taken_at"])
    op.create_table(
        "forgotten",
        sa.Column("what", sa.String(16), nullable=False),
        sa.Column("up_to", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("what", name="pk_forgotten"),
    )
    op.create_table(
        "erasures",
        sa.Column("alias", sa.String(24), nullable=False),
        sa.Column("person", sa.Text(), nullable=True),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.Float(), nullable=False),
        sa.Column("done_at", sa.Float(), nullable=True),
        sa.Column("audited", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("alias", name="pk_erasures"),
    )


def _drift() -> None:
    op.create_table(
        "drift",
        sa.Column("environment", sa.String(16), nullable=False),
        sa.Column("server", sa.String(63), nullable=False),
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("version", "live_digest", "contract_digest", "changes", "closed")
        ),
        sa.Column("times", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Float(), nullable=False) for name in ("since", "seen_at")),
        sa.PrimaryKeyConstraint("environment", "server", name="pk_drift"),
    )
