"""The list of approved servers, page by page, out of the registry's database."""

import logging
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from itertools import islice

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from platform_core.auth.principal import Principal
from registry.official.cursor import Asked, Cursor
from registry.official.documents import OFFICIAL, Entry, Official, ServerJson
from registry.official.governance import governance
from registry.official.names import Namespace
from registry.official.releases import Release, registered, releases
from registry.parts import Parts
from registry.store.memo import Memo
from registry.store.servers import said_by_id
from registry.store.standing import Standing

STRETCH = 100
"""Servers that are looked at together; ten times as many each time until the page is full, for what is rarely found."""

log = logging.getLogger(__name__)


class Reading:
    """Reads entries. A version's own document never changes, so it is made once."""

    def __init__(self, parts: Parts, namespace: Namespace) -> None:
        self._parts, self._namespace = parts, namespace
        self._documents: Memo[ServerJson | None] = Memo(self._written)

    async def page(
        self, asked: Asked, after: tuple[str, str], limit: int, reader: Principal | None
    ) -> tuple[list[Entry], Cursor | None]:
        """At most `limit` entries behind `after`, by name and version; and where to go on, if there is more."""
        async with self._parts.database.reading() as connection:
            everyone = await self._parts.standings.all(connection, "production")
            standings = {standing.name: standing for standing in everyone}
            servers = iter([s for s in await registered(connection) if s.name >= after[0]])
            found: list[tuple[Release, ServerJson]] = []
            size = STRETCH
            while len(found) <= limit and (stretch := list(islice(servers, size))):
                size *= 10
                known = await releases(connection, stretch, standings, now=self._parts.clock())
                behind = [each for each in known if (each.server, each.version) > after]
                found += await self._fitting(connection, behind, asked)
        entries = [self._entry(*each, standings.get(each[0].server), reader) for each in found[:limit]]
        if len(found) <= limit:
            return entries, None
        last = found[limit - 1][0]
        return entries, Cursor(server=last.server, version=last.version, asked=asked)

    async def of_server(self, full: str, asked: Asked, reader: Principal | None) -> list[Entry]:
        """The entries of one server, the newest first; none where nobody approved one."""
        name = self._namespace.server(full)
        if name is None:
            return []
        async with self._parts.database.reading() as connection:
            standing = await self._parts.standings.one(connection, "production", name)
            standings = {name: standing} if standing else {}
            servers = await registered(connection, name)
            known = await releases(connection, servers, standings, now=self._parts.clock())
            found = await self._fitting(connection, known, asked)
        newest = sorted(found, key=lambda each: each[0].published_at, reverse=True)
        return [self._entry(*each, standing, reader) for each in newest]

    async def _fitting(
        self, connection: AsyncConnection, known: Iterable[Release], asked: Asked
    ) -> list[tuple[Release, ServerJson]]:
        fitting = [release for release in known if _fits(release, asked)]
        documents = await self._documents.get(connection, [release.row for release in fitting])
        written = [(release, document) for release in fitting if (document := documents[release.row])]
        word = asked.search.casefold()
        return [each for each in written if word in each[1].name.casefold() or word in each[1].description.casefold()]

    async def _written(self, connection: AsyncConnection, ids: Collection[int]) -> dict[int, ServerJson | None]:
        written: dict[int, ServerJson | None] = {}
        for number, said in (await said_by_id(connection, ids)).items():
            manifest, version = said.registration.manifest, said.registration.version
            try:
                written[number] = ServerJson.of(
                    manifest, version, name=self._namespace.full(manifest.name),
                    url=self._parts.url_of("production", manifest.name),
                    page=f"{self._parts.platform.base}/servers/{manifest.name}",
                )  # fmt: skip
            except ValidationError as error:
                log.error("version %r of %s is not listed for IDEs: %s", version, manifest.name, error)
                written[number] = None
        return written

    def _entry(
        self, release: Release, document: ServerJson, standing: Standing | None, reader: Principal | None
    ) -> Entry:
        official = Official(
            status=release.status,
            status_message=release.message,
            status_changed_at=_moment(release.changed_at),
            published_at=_moment(release.published_at),
            updated_at=_moment(release.updated_at),
            is_latest=release.is_latest,
        )
        meta: dict[str, object] = {OFFICIAL: official.model_dump(mode="json", exclude_none=True)}
        if reader is not None:
            said = governance(release, standing, reader, now=self._parts.clock())
            meta[self._namespace.governance] = said.model_dump(mode="json", exclude_none=True)
        return Entry(server=document, meta=meta)


def _fits(release: Release, asked: Asked) -> bool:
    if release.status == "deleted" and not asked.deleted_too:
        return False
    if asked.updated_since is not None and _moment(release.updated_at) < asked.updated_since:
        return False
    return release.is_latest if asked.version == "latest" else asked.version in ("", release.version)


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
