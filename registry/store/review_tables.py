"""The tables of the reviews."""

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from registry.store.tables import Table


class Submission(Table):
    """What was handed in for one server, and how far it got. What was handed in never changes."""

    __tablename__ = "submissions"
    __table_args__ = (Index(None, "server", "state"), Index(None, "state"))
    id: Mapped[int] = mapped_column(primary_key=True)
    server: Mapped[str] = mapped_column(String(63))
    title: Mapped[str]
    owner: Mapped[str]
    owner_group: Mapped[str]
    server_version: Mapped[str]
    state: Mapped[str] = mapped_column(String(16))
    why: Mapped[str] = mapped_column(String(16))
    submitted_by: Mapped[str]
    submitted_at: Mapped[float]
    registration: Mapped[str]
    answers: Mapped[str]
    contract_digest: Mapped[str]
    substance: Mapped[str]
    """Digest of what is reviewed: contract, wish and answers. Summary and minutes are no part of it."""
    closed_at: Mapped[float | None]
    version: Mapped[int | None]
    """Of the policy that came of it."""


class Ticket(Table):
    """One kind of review of what was handed in, and its decision."""

    __tablename__ = "review_tickets"
    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    state: Mapped[str] = mapped_column(String(16))
    link: Mapped[str | None]
    """The same ticket in the company's own tracker."""
    reviewer: Mapped[str | None]
    reason: Mapped[str | None]
    narrowing: Mapped[str | None]
    decided_at: Mapped[float | None]


class Deprecation(Table):
    """A live server that is to be used no more, what takes its place, and when it ends."""

    __tablename__ = "deprecations"
    server: Mapped[str] = mapped_column(String(63), primary_key=True)
    successor: Mapped[str | None]
    ends_at: Mapped[float]
    reason: Mapped[str]
    said_by: Mapped[str]
    said_at: Mapped[float]
