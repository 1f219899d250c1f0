"""The table of what tools ask people."""

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from registry.store.tables import Table


class AskedCall(Table):
    """One question and its fate: `platform_core.approval.record.Approval`."""

    __tablename__ = "approvals"
    __table_args__ = (
        Index(None, "key", "state"),
        Index(None, "subject", "state"),
        Index(None, "approvers", "state"),
        Index(None, "state", "expires_at"),
        Index(None, "asked_at"),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    key: Mapped[str] = mapped_column(String(71))
    environment: Mapped[str] = mapped_column(String(16))
    server: Mapped[str] = mapped_column(String(63))
    subject: Mapped[str]
    approvers: Mapped[str | None]
    """A group whose people may answer too."""
    bound: Mapped[str]
    shown: Mapped[str]
    agent: Mapped[str | None]
    trace_id: Mapped[str | None]
    earlier: Mapped[str | None] = mapped_column(ForeignKey("approvals.id", ondelete="SET NULL"))
    after: Mapped[str | None] = mapped_column(ForeignKey("approvals.id", ondelete="SET NULL"))
    """Runs before this one: both were answered at once, in this order."""
    state: Mapped[str] = mapped_column(String(16))
    asked_at: Mapped[float]
    expires_at: Mapped[float]
    answered_at: Mapped[float | None]
    answered_on: Mapped[str | None] = mapped_column(String(8))
    answered_by: Mapped[str | None]
    begun_at: Mapped[float | None]
    ended_at: Mapped[float | None]
    reference: Mapped[str | None]
