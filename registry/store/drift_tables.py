"""Where a live server is not what was registered."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from registry.store.tables import Table


class DriftFound(Table):
    """What the probe saw last of a server that differs."""

    __tablename__ = "drift"
    environment: Mapped[str] = mapped_column(String(16), primary_key=True)
    server: Mapped[str] = mapped_column(String(63), primary_key=True)
    version: Mapped[str]
    """As the live server says of itself; empty where it says nothing."""
    live_digest: Mapped[str]
    contract_digest: Mapped[str]
    """Of what was in force when it was found."""
    changes: Mapped[str]
    times: Mapped[int]
    """How often in a row the same was seen."""
    closed: Mapped[str]
    """The tools that were closed for it."""
    since: Mapped[float]
    seen_at: Mapped[float]
