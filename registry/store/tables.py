"""The tables. Times are seconds since the epoch, days are UTC dates, JSON is text in our own form."""

from sqlalchemy import Float, ForeignKey, Index, Integer, MetaData, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Table(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {str: Text, float: Float, int: Integer}  # noqa: RUF012  # SQLAlchemy's own name


class Version(Table):
    """One thing that a server has said of itself. Rows are added and never changed."""

    __tablename__ = "versions"
    __table_args__ = (UniqueConstraint("environment", "server", "registration_digest"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    environment: Mapped[str] = mapped_column(String(16))
    server: Mapped[str] = mapped_column(String(63))
    version: Mapped[str]
    contract_digest: Mapped[str]
    registration_digest: Mapped[str]
    """Over manifest, contract and version: the same said again is the same row."""
    registration: Mapped[str]
    registered_at: Mapped[float]


class Artefact(Table):
    """One signed policy. Every version is kept."""

    __tablename__ = "artefacts"
    __table_args__ = (UniqueConstraint("environment", "server", "version"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    environment: Mapped[str] = mapped_column(String(16))
    server: Mapped[str] = mapped_column(String(63))
    version: Mapped[int]
    contract_digest: Mapped[str]
    signed: Mapped[str]
    taken_at: Mapped[float]


class Server(Table):
    """Where a server stands now: the version and the policy in force."""

    __tablename__ = "servers"
    environment: Mapped[str] = mapped_column(String(16), primary_key=True)
    name: Mapped[str] = mapped_column(String(63), primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("versions.id"))
    artefact_id: Mapped[int | None] = mapped_column(ForeignKey("artefacts.id"))
    registered_at: Mapped[float]
    changed_at: Mapped[float]
    withdrawn_at: Mapped[float | None]


class Invocation(Table):
    """One call, as its server recorded it."""

    __tablename__ = "invocations"
    __table_args__ = (
        Index(None, "environment", "server", "time"),
        Index(None, "user", "time"),
        Index(None, "trace_id"),
        Index(None, "taken_at"),
    )
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    phase: Mapped[str] = mapped_column(String(8))
    time: Mapped[float]
    environment: Mapped[str] = mapped_column(String(16))
    server: Mapped[str] = mapped_column(String(63))
    server_version: Mapped[str]
    method: Mapped[str]
    tool: Mapped[str | None]
    era: Mapped[str]
    user: Mapped[str | None]
    groups: Mapped[str]
    business_groups: Mapped[str]
    surface: Mapped[str | None]
    client: Mapped[str | None]
    token_id: Mapped[str | None]
    channel: Mapped[str | None]
    workload: Mapped[str | None]
    request_id: Mapped[str | None]
    trace_id: Mapped[str | None]
    rule: Mapped[str]
    allowed: Mapped[bool]
    policy_version: Mapped[int]
    outcome: Mapped[str] = mapped_column(String(16))
    latency_ms: Mapped[float]
    arguments: Mapped[str | None]
    result_size: Mapped[int]
    result_digest: Mapped[str | None]
    error: Mapped[str | None]
    stack: Mapped[str | None]
    approval: Mapped[str | None]
    minutes: Mapped[float]
    taken_at: Mapped[float]


class InvocationBody(Table):
    """The redacted result of a call, apart from its record: for auditors alone."""

    __tablename__ = "invocation_bodies"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    result: Mapped[str]


class Counts:
    """What is counted, wherever it is counted: see `registry.store.totals.Count`."""

    calls: Mapped[int]
    ok: Mapped[int]
    errors: Mapped[int]
    denied: Mapped[int]
    minutes: Mapped[float]


class DayTotal(Counts, Table):
    """Counts of one day. The server comes first, then the day: a page reads one stretch of the key."""

    __tablename__ = "day_totals"
    environment: Mapped[str] = mapped_column(String(16), primary_key=True)
    server: Mapped[str] = mapped_column(String(63), primary_key=True)
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    tool: Mapped[str] = mapped_column(primary_key=True)
    surface: Mapped[str] = mapped_column(primary_key=True)


class ServerTotal(Counts, Table):
    """Counts of a server since it exists, for the metrics: summing days would grow without end."""

    __tablename__ = "server_totals"
    environment: Mapped[str] = mapped_column(String(16), primary_key=True)
    server: Mapped[str] = mapped_column(String(63), primary_key=True)


class DayCaller(Table):
    """Who called a server on a day, so that people are counted without reading records."""

    __tablename__ = "day_callers"
    environment: Mapped[str] = mapped_column(String(16), primary_key=True)
    server: Mapped[str] = mapped_column(String(63), primary_key=True)
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    user: Mapped[str] = mapped_column(primary_key=True)


class DayService(Counts, Table):
    """Counts of one day of a service that called without a person."""

    __tablename__ = "day_services"
    environment: Mapped[str] = mapped_column(String(16), primary_key=True)
    server: Mapped[str] = mapped_column(String(63), primary_key=True)
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    workload: Mapped[str] = mapped_column(primary_key=True)


class TurnedAway(Table):
    """One request that the proxy refused: no server ever saw it, so no record tells of it."""

    __tablename__ = "turned_away"
    __table_args__ = (Index(None, "environment", "server", "time"), Index(None, "trace_id"), Index(None, "time"))
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    time: Mapped[float]
    environment: Mapped[str] = mapped_column(String(16))
    trace_id: Mapped[str | None]
    user: Mapped[str | None]
    workload: Mapped[str | None]
    server: Mapped[str | None]
    tool: Mapped[str | None]
    status: Mapped[int]
    code: Mapped[str]
    rule: Mapped[str]
    detail: Mapped[str]
    how_to_ask: Mapped[str | None]


class Suspended(Table):
    """One signed list of what is suspended in an environment. Every version is kept, the highest is in force."""

    __tablename__ = "suspensions"
    environment: Mapped[str] = mapped_column(String(16), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    signed: Mapped[str]
    taken_at: Mapped[float]


class Health(Table):
    """What the probe saw last."""

    __tablename__ = "health"
    environment: Mapped[str] = mapped_column(String(16), primary_key=True)
    server: Mapped[str] = mapped_column(String(63), primary_key=True)
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str]
    checked_at: Mapped[float]
    since: Mapped[float]
    """When the state began."""
    seen_at: Mapped[float | None]
    """When the server last answered."""


class Session(Table):
    """A browser in which somebody is signed in. The cookie's value is kept as a digest only."""

    __tablename__ = "sessions"
    __table_args__ = (Index(None, "expires_at"),)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    person: Mapped[str]
    csrf: Mapped[str]
    signed_in_at: Mapped[float]
    expires_at: Mapped[float]
