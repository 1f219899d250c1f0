"""What is handed in for review, and what reviewers decided."""

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    pass
