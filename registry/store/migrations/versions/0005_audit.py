"""Who did what, each line bound to the one before."""

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
