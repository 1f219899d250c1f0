"""A page of applications: filtered by what their headers say, then by what their digests say."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from platform_core.errors import Invalid, Unavailable
from servers.spark.answers import Rows, Value, cell
from servers.spark.applications import Applications, Found
from servers.spark.digest import Digest, Header
from servers.spark.findings.finding import span
from servers.spark.findings.status import status_of
from servers.spark.references import app_ref

PAGE = 20
READ_SECONDS = 15.0
"""For reading logs that nobody asked about before; what is left over says so."""
SMALL = 64 << 20
"""Packed bytes of a log that a list reads by itself."""
COLUMNS = ["app", "attempt", "name", "user", "status", "started", "duration", "failed tasks"]
NOT_READ = "not read yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is looked for. Times are parsed once, here."""

    text: str
    user: str
    status: str
    since: str
    until: str

    def __post_init__(self) -> None:
        for bound in (self.since, self.until):
            _milliseconds(bound)

    def fits(self, found: Found, header: Header) -> bool:
        """Whether the header says yes; a log without one is known by its file's name and time."""
        started = header.started or found.attempt.changed * 1000
        since, until = _milliseconds(self.since), _milliseconds(self.until)
        return (
            self.text.lower() in f"{header.name} {header.app_id} {found.attempt.app_id}".lower()
            and self.user.lower() in header.user.lower()
            and (since is None or started >= since)
            and (until is None or started <= until)
        )


async def page(applications: Applications, asked: Asked, start: int) -> Rows:
    """The applications from `start` on that fit, the one that started last first."""
    everything = await applications.all()
    headers = await applications.headers(everything)
    fitting = [(one, header) for one, header in zip(everything, headers, strict=True) if asked.fits(one, header)]
    fitting.sort(key=lambda pair: -(pair[1].started or pair[0].attempt.changed * 1000))
    rows: list[list[Value]] = []
    until, seen = time.monotonic() + READ_SECONDS, start
    for found, header in fitting[start:]:
        seen += 1
        row = await _row(applications, found, header, until)
        if asked.status in ("", row[4]):
            rows.append(row)
        if len(rows) == PAGE or (asked.status and time.monotonic() > until):
            break
    more = str(seen) if seen < len(fitting) else None
    return Rows(note=_note(len(everything), fitting, asked, rows), columns=COLUMNS, rows=rows, next_cursor=more)


def _note(total: int, fitting: Sequence[object], asked: Asked, rows: Sequence[Sequence[Value]]) -> str:
    if not total:
        return "No application has a log in any source. Event logging may be off, or the folder is the wrong one."
    unread = sum(row[4] == NOT_READ for row in rows)
    rest = f"; {unread} of these logs are not read yet: diagnose_application reads one" if unread else ""
    status = f", status {asked.status}" if asked.status else ""
    return f"{len(fitting)} of {total} attempts fit{status}; {len(rows)} shown{rest}."


async def _row(applications: Applications, found: Found, header: Header, until: float) -> list[Value]:
    digest, why = await _digest(applications, found, until)
    name, user = (digest.name, digest.user) if digest else (header.name, header.user)
    started = _moment(header.started or (digest.started if digest else 0))
    facts: list[Value] = [why, started, None, None]
    if digest:
        status = status_of(digest, silent_seconds=found.silent_seconds(digest.until))
        facts = [status, started, span(digest.duration), digest.failed_tasks]
    reference = app_ref(found.attempt.app_id)
    return [cell(value) for value in (reference, found.attempt.attempt, name, user, *facts)]


async def _digest(applications: Applications, found: Found, until: float) -> tuple[Digest | None, str]:
    known = applications.shelf.has(found.key)
    if not known and (found.attempt.size > SMALL or time.monotonic() > until):
        return None, NOT_READ
    try:
        return await applications.digest(found), ""
    except Unavailable:
        return None, "unreadable"


def _milliseconds(moment: str) -> float | None:
    if not moment:
        return None
    try:
        parsed = datetime.fromisoformat(moment)
    except ValueError:
        raise Invalid(f"{moment!r} is no time: write 2026-11-22 or 2026-11-22T18:30:00+00:00.") from None
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp() * 1000


def _moment(milliseconds: int) -> str | None:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="seconds") if milliseconds else None
