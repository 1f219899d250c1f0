"""What the pages count and search."""

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    pass
