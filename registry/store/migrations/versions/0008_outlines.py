"""What lists show of a submission stands beside it, so that no list opens what was handed in."""

import re

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_SHOWN = sa.text(
    "SELECT id, registration ->> '$.manifest.title' AS title, registration ->> '$.manifest.owner' AS owner,"
    " registration ->> '$.version' AS server_version FROM submissions"
)
_KEEP = sa.text(
    "UPDATE submissions SET title = :title, owner = :owner, owner_group = :owner_group,"
    " server_version = :server_version WHERE id = :id"
)


def upgrade() -> None:
    for name in ("title", "owner", "owner_group", "server_version"):
        op.add_column("submissions", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    connection = op.get_bind()
    for row in connection.execute(_SHOWN).mappings().all():
        group = re.sub(r"[^a-z0-9]+", "-", row["owner"].lower()).strip("-")
        connection.execute(_KEEP, {**row, "owner_group": group})
