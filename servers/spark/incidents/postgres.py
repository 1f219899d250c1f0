"""Root causes in PostgreSQL, for several replicas of this server: the same records, versions and rights."""

import ssl
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pg8000.native  # pyright: ignore[reportMissingTypeStubs] - it has none

from platform_core.errors import Unavailable, WiringError
from servers.spark.incidents.matching import SCANNED, best, next_version, pack, unpack
from servers.spark.incidents.store import RootCause, Sought, record_id

PORT = 5432
SECONDS = 10
"""For connecting, and for a step."""
_LOCK = 0x5EED_0007
"""Two replicas that record at once take turns: versions have no gap and no twin."""
_TABLE = """
CREATE TABLE IF NOT EXISTS spark_root_causes (
  id text NOT NULL, version integer NOT NULL, app_name text NOT NULL, signature text NOT NULL, groups text[] NOT NULL,
  recorded_at bigint NOT NULL, body text NOT NULL, PRIMARY KEY (id, version))"""
_INDEX = "CREATE INDEX IF NOT EXISTS spark_root_causes_by_signature ON spark_root_causes (signature)"
_INSERT = """
INSERT INTO spark_root_causes VALUES (:id, :version, :app_name, :signature, :groups, :recorded_at, :body)"""
_LATEST = "SELECT body FROM spark_root_causes WHERE id = :id ORDER BY version DESC LIMIT 1"
_READABLE = """
SELECT body FROM spark_root_causes c
WHERE version = (SELECT max(version) FROM spark_root_causes WHERE id = c.id)
  AND (CAST(:groups AS text[]) IS NULL OR groups && CAST(:groups AS text[]))
ORDER BY signature = :signature DESC, recorded_at DESC LIMIT :most"""
_native: Any = pg8000.native
_DatabaseError: type[Exception] = _native.DatabaseError
_InterfaceError: type[Exception] = _native.InterfaceError


class PostgresRootCauses:
    """A connection for every step: there are a few records a day."""

    def __init__(self, url: str) -> None:
        self._how = _connection(url)

    def record(self, fresh: RootCause) -> RootCause:
        with self._open() as db:
            db.run("SELECT pg_advisory_xact_lock(:lock)", lock=_LOCK)
            before = _one(db.run(_LATEST, id=fresh.id))
            kept = next_version(before, fresh)
            if kept is None:
                return before or fresh
            db.run(
                _INSERT, id=kept.id, version=kept.version, app_name=kept.app_name, signature=kept.signature,
                groups=list(kept.groups), recorded_at=kept.recorded_at, body=pack(kept).decode(),
            )  # fmt: skip
        return kept

    def latest(self, app_id: str, signature: str) -> RootCause | None:
        with self._open() as db:
            return _one(db.run(_LATEST, id=record_id(app_id, signature)))

    def find(self, sought: Sought, groups: frozenset[str], *, most: int) -> list[RootCause]:
        return best(self._readable(groups, sought.signature, SCANNED), sought, most)

    def readable(self, groups: frozenset[str] | None, *, most: int) -> list[RootCause]:
        return self._readable(groups, "", most)

    def _readable(self, groups: frozenset[str] | None, signature: str, most: int) -> list[RootCause]:
        asked = None if groups is None else sorted(groups)
        with self._open() as db:
            rows = db.run(_READABLE, groups=asked, signature=signature, most=most)
        return [unpack(body) for (body,) in rows]

    @contextmanager
    def _open(self) -> Generator[Any]:
        """One transaction, on tables that are there."""
        try:
            db = _native.Connection(**self._how)
            try:
                db.run("BEGIN")
                _made(db)
                yield db
                db.run("COMMIT")
            finally:
                db.close()
        except (_DatabaseError, _InterfaceError, OSError) as error:
            raise Unavailable(
                f"The store of root causes does not answer ({type(error).__name__}); tell the owner of this server.",
                retry_after=10,
            ) from error


def _made(db: Any) -> None:
    """Make the table where it is missing; an account that may only read and write needs it made before."""
    [[known]] = db.run("SELECT to_regclass('spark_root_causes')")
    if known is None:
        db.run("SELECT pg_advisory_xact_lock(:lock)", lock=_LOCK)
        db.run(_TABLE)
        db.run(_INDEX)


def _one(rows: list[list[str]]) -> RootCause | None:
    return unpack(rows[0][0]) if rows else None


def _connection(text: str) -> dict[str, Any]:
    """`postgresql://user:password@host:port/name`, or `postgresql://user@/name?host=/folder/of/the/socket`."""
    url, asked = urlsplit(text), parse_qs(urlsplit(text).query)
    socket = next((host for host in asked.get("host", []) if host.startswith("/")), "")
    if url.scheme not in ("postgresql", "postgres") or not url.username or not (url.hostname or socket):
        raise WiringError("SEEDBED_SPARK_ROOT_CAUSES_FILE: must hold postgresql://user:password@host:port/name")
    how: dict[str, Any] = {
        "user": unquote(url.username), "password": unquote(url.password) if url.password else None,
        "database": url.path.strip("/") or None, "timeout": SECONDS, "application_name": "seedbed-server-spark",
    }  # fmt: skip
    if socket:
        return how | {"unix_sock": f"{socket}/.s.PGSQL.{url.port or PORT}"}
    plain = asked.get("sslmode") == ["disable"]
    return how | {
        "host": url.hostname, "port": url.port or PORT, "ssl_context": None if plain else ssl.create_default_context()
    }  # fmt: skip
