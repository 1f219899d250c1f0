"""The tables of what people are told."""

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from registry.store.tables import Table


class Notice(Table):
    """One thing that somebody is told. It is open until what it is about is settled."""

    __tablename__ = "notices"
    __table_args__ = (
        Index(
            "uq_notices_open", "kind", "about", "audience", "name", unique=True, sqlite_where=text("settled_at IS NULL")
        ),
        Index(None, "audience", "name", "settled_at"),
        Index(None, "next_try_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    audience: Mapped[str] = mapped_column(String(8))
    name: Mapped[str]
    """Of the person, the group or the role."""
    about: Mapped[str]
    text: Mapped[str]
    link: Mapped[str]
    posted_at: Mapped[float]
    settled_at: Mapped[float | None]
    tries: Mapped[int]
    next_try_at: Mapped[float | None]
    """When the webhook is told next; None once it was, or was given up."""


class NoticeRead(Table):
    """Who has put a notice aside. What a group or a role is told stays for the others."""

    __tablename__ = "notices_read"
    notice_id: Mapped[int] = mapped_column(ForeignKey("notices.id"), primary_key=True)
    person: Mapped[str] = mapped_column(primary_key=True)
    read_at: Mapped[float]
