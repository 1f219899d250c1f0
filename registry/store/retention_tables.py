"""How far records have been forgotten, who asked to be erased, and by which backend's id a call is found."""

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from registry.store.tables import Table


class CallReference(Table):
    """A backend's own name of what a call did: `query/20261123_094558_00012_abcde`."""

    __tablename__ = "call_references"
    __table_args__ = (Index(None, "call_id"),)
    reference: Mapped[str] = mapped_column(primary_key=True)
    call_id: Mapped[str] = mapped_column(String(64), primary_key=True)


class Forgotten(Table):
    """Up to which moment something has been forgotten, so that no record is looked at twice."""

    __tablename__ = "forgotten"
    what: Mapped[str] = mapped_column(String(16), primary_key=True)
    up_to: Mapped[float]


class Erasure(Table):
    """Somebody whose name is taken out of what is kept. The name stands here only until it is done."""

    __tablename__ = "erasures"
    alias: Mapped[str] = mapped_column(String(24), primary_key=True)
    """What stands in the name's place."""
    person: Mapped[str | None]
    asked_by: Mapped[str]
    asked_at: Mapped[float]
    done_at: Mapped[float | None]
    audited: Mapped[int]
    """The line of the audit log up to which it is done."""
