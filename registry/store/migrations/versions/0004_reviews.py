"""What is handed in for review, and what reviewers decided."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "submissions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("server", sa.String(63), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("why", sa.String(16), nullable=False),
        sa.Column("submitted_by", sa.Text(), nullable=False),
        sa.Column("submitted_at", sa.Float(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in _HANDED_IN),
        sa.Column("closed_at", sa.Float(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_submissions"),
    )
    op.create_index("ix_submissions_server_state", "submissions", ["server", "state"])
    op.create_index("ix_submissions_state", "submissions", ["state"])
    op.create_table(
        "review_tickets",
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=True) for name in ("link", "reviewer", "reason", "narrowing")),
        sa.Column("decided_at", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name="fk_review_tickets_submission_id"),
        sa.PrimaryKeyConstraint("submission_id", "kind", name="pk_review_tickets"),
    )
    _deprecations()


_HANDED_IN = ("registration", "answers", "contract_digest", "substance")


def _deprecations() -> None:
    op.create_table(
        "deprecations",
        sa.Column("server", sa.String(63), nullable=False),
        sa.Column("successor", sa.Text(), nullable=True),
        sa.Column("ends_at", sa.Float(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("reason", "said_by")),
        sa.Column("said_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("server", name="pk_deprecations"),
    )
