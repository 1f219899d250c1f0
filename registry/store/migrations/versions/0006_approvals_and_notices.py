"""What tools ask people, and what people are told."""

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    pass
