"""The audit log: rows are added and, but for an erased name, never changed. See `platform_core.audit`."""

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from registry.store.tables import Table


class AuditLine(Table):
    """Who did what, about what, when, bound to the line before."""

    __tablename__ = "audit"
    __table_args__ = (Index(None, "actor"), Index(None, "about"), Index(None, "act"))
    number: Mapped[int] = mapped_column(primary_key=True)
    time: Mapped[float]
    act: Mapped[str]
    actor: Mapped[str]
    about: Mapped[str]
    detail: Mapped[str]
    salt: Mapped[str] = mapped_column(String(32))
    words: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))
