"""What tools ask people, and what people are told."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    _notices()
    op.create_table(
        "notices_read",
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("read_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name="fk_notices_read_notice_id"),
        sa.PrimaryKeyConstraint("notice_id", "person", name="pk_notices_read"),
    )


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
