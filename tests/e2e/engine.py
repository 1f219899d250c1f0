"""The SQL engine, asked directly: the rows that a server should have brought, and its own history of who asked what."""

from contextlib import closing
from typing import Any, cast

import httpx2
from trino import dbapi  # pyright: ignore[reportUnknownVariableType]  # its functions have no types

from deploy.local.stack.home import Home
from tests.e2e.waiting import NO_TLS, PATIENCE

connect = cast(Any, dbapi).connect
HISTORY = "SELECT query_id, query FROM system.runtime.queries WHERE user = ? ORDER BY created, query_id"


class Engine:
    """Reads only, under a name of its own."""

    def __init__(self, home: Home) -> None:
        self._port = home.ports["engine"]
        self._http = httpx2.Client(base_url=home.engine, timeout=PATIENCE, verify=NO_TLS, trust_env=False)

    def close(self) -> None:
        self._http.close()

    def rows(self, sql: str, *values: object) -> list[list[Any]]:
        """The rows of a statement."""
        with closing(connect("127.0.0.1", self._port, user="historian")) as connection:
            return connection.cursor().execute(sql, values or None).fetchall()

    def asked_by(self, user: str) -> dict[str, str]:
        """Id and text of every statement of a person, oldest first."""
        return dict(self.rows(HISTORY, user))

    def query(self, query_id: str, user: str) -> dict[str, Any]:
        """All that the engine knows of one query; it tells only whose it is."""
        return self._http.get(f"/v1/query/{query_id}", headers={"X-Trino-User": user}).raise_for_status().json()
