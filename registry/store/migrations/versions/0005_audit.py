"""Who did what, each line bound to the one before."""

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    pass
