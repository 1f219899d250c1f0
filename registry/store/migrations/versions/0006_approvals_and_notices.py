"""What tools ask people, and what people are told."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    _approvals()
    _notices()
    op.create_table(
        "notices_read",
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("read_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name="fk_notices_read_notice_id"),
        sa.PrimaryKeyConstraint("notice_id", "person", name="pk_notices_read"),
    )


def _approvals() -> None:
    op.create_table(
        "approvals",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("key", sa.String(71), nullable=False),
        sa.Column("environment", sa.String(16), nullable=False),
        sa.Column("server", sa.String(63), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("subject", "bound", "shown")),
        *(sa.Column(name, sa.Text(), nullable=True) for name in ("approvers", "agent", "trace_id")),
        *(sa.Column(name, sa.String(32), nullable=True) for name in ("earlier", "after")),
        sa.Column("state", sa.String(16), nullable=False),
        *(sa.Column(name, sa.Float(), nullable=False) for name in ("asked_at", "expires_at")),
        *(sa.Column(name, sa.Float(), nullable=True) for name in ("answered_at", "begun_at", "ended_at")),
        sa.Column("answered_on", sa.String(8), nullable=True),
        *(sa.Column(name, sa.Text(), nullable=True) for name in ("answered_by", "reference")),
        sa.PrimaryKeyConstraint("id", name="pk_approvals"),
        *(_of_another_approval(name) for name in ("earlier", "after")),
    )
    by_state = [[name, "state"] for name in ("key", "subject", "approvers")]
    for columns in *by_state, ["state", "expires_at"], ["asked_at"]:
        op.create_index(f"ix_approvals_{'_'.join(columns)}", "approvals", columns)


def _of_another_approval(column: str) -> sa.ForeignKeyConstraint:
    name = f"fk_approvals_{column}"
    return sa.ForeignKeyConstraint([column], ["approvals.id"], name=name, ondelete="SET NULL")


def _notices() -> None:
    op.create_table(
        "notices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("audience", sa.String(8), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("name", "about", "text", "link")),
        sa.Column("posted_at", sa.Float(), nullable=False),
        sa.Column("settled_at", sa.Float(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
    )
    while_open = sa.text("settled_at IS NULL")
    op.create_index(
        "uq_notices_open", "notices", ["kind", "about", "audience", "name"], unique=True, sqlite_where=while_open
    )
    op.create_index("ix_notices_audience_name_settled_at", "notices", ["audience", "name", "settled_at"])
    op.create_index("ix_notices_next_try_at", "notices", ["next_try_at"])
