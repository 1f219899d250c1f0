"""What is counted by month for the numbers of the ecosystem. A month is one of UTC, written `2026-11`."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from registry.store.tables import Table


class MonthTotal(Table):
    """Counts of one month. The month comes first: a page reads one stretch of the key for each month that it shows."""

    __tablename__ = "month_totals"
    environment: Mapped[str] = mapped_column(String(16), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    server: Mapped[str] = mapped_column(String(63), primary_key=True)
    surface: Mapped[str] = mapped_column(primary_key=True)
    calls: Mapped[int]
    ok: Mapped[int]
    errors: Mapped[int]
    denied_gate: Mapped[int]
    denied_policy: Mapped[int]
    minutes: Mapped[float]


class MonthCaller(Table):
    """Who called a server in a month, from where, so that people are counted without reading records."""

    __tablename__ = "month_callers"
    environment: Mapped[str] = mapped_column(String(16), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    server: Mapped[str] = mapped_column(String(63), primary_key=True)
    surface: Mapped[str] = mapped_column(primary_key=True)
    user: Mapped[str] = mapped_column(primary_key=True)


class MonthRefusals(Table):
    """How often the proxy refused in a month; a server that nobody registered has no row of its own."""

    __tablename__ = "month_refusals"
    environment: Mapped[str] = mapped_column(String(16), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    server: Mapped[str] = mapped_column(String(63), primary_key=True)
    refused: Mapped[int]
