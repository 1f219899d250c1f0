"""Every entry of the list, written once and kept until something is decided anew or ends by itself."""

import asyncio
import logging
from bisect import bisect_right
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from registry.official.cursor import Asked
from registry.official.documents import OFFICIAL, Entry, Official, ServerJson
from registry.official.names import Namespace
from registry.official.releases import Registered, Release, registered, releases
from registry.parts import Parts
from registry.store.memo import Memo
from registry.store.present import DECIDES, Snapshot
from registry.store.servers import said_by_id
from registry.store.standing import Standing

SHOWN = (*DECIDES, "deprecations")
"""Tables that an entry is made of."""
AT_ONCE = 500
"""Servers whose entries are made in one go; others may be answered before the next go."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Shelved:
    """One version of one server, as anybody reads it."""

    release: Release
    entry: Entry
    text: str
    """The same in JSON."""
    words: str
    """What a search looks at."""

    @property
    def place(self) -> tuple[str, str]:
        return self.release.server, self.release.version

    def fits(self, asked: Asked) -> bool:
        """Whether a list that was asked for in this way has it."""
        release = self.release
        if release.status == "deleted" and not asked.deleted_too:
            return False
        if asked.updated_since is not None and moment_of(release.updated_at) < asked.updated_since:
            return False
        if not (release.is_latest if asked.version == "latest" else asked.version in ("", release.version)):
            return False
        return asked.search.casefold() in self.words


@dataclass(frozen=True, kw_only=True, eq=False)
class Shelf:
    """All entries, by name and version."""

    decided: int
    until: float
    of_server: dict[str, tuple[Registered, Standing | None, tuple[Shelved, ...]]]
    entries: tuple[Shelved, ...]

    def behind(self, place: tuple[str, str], asked: Asked, most: int) -> list[Shelved]:
        """At most `most` fitting entries behind `place`."""
        first = bisect_right(self.entries, place, key=lambda each: each.place)
        return list(islice((each for each in islice(self.entries, first, None) if each.fits(asked)), most))


EMPTY = Shelf(decided=-1, until=0, of_server={}, entries=())


class Shelving:
    """Makes the shelf. What did not change since the last one is taken over from there."""

    def __init__(self, parts: Parts, namespace: Namespace) -> None:
        self._parts, self._namespace = parts, namespace
        self._documents: Memo[ServerJson | None] = Memo(self._written)
        self._kept, self._turn = EMPTY, asyncio.Lock()

    async def shelf(self) -> Shelf:
        """The entries of now."""
        if (kept := self._fresh()) is not None:
            return kept
        async with self._turn:  # one makes it, the others wait for what it makes
            return self._fresh() or await self._make()

    def _fresh(self) -> Shelf | None:
        decided, kept = self._parts.database.changes.of(*SHOWN), self._kept
        return kept if kept.decided == decided and self._parts.clock() < kept.until else None

    async def _make(self) -> Shelf:
        now, decided = self._parts.clock(), self._parts.database.changes.of(*SHOWN)
        snapshot = await self._parts.present.of("production")
        async with self._parts.database.reading() as connection:
            servers = await registered(connection)
            of_server = {each.name: taken for each in servers if (taken := self._taken_over(each, snapshot, now))}
            missing = [each for each in servers if each.name not in of_server]
            for first in range(0, len(missing), AT_ONCE):
                of_server |= await self._made(connection, missing[first : first + AT_ONCE], snapshot, now)
                await asyncio.sleep(0)
        self._kept = Shelf(
            decided=decided,
            until=snapshot.until(now),
            of_server=of_server,
            entries=tuple(entry for each in servers for entry in of_server[each.name][2]),
        )
        return self._kept

    def _taken_over(
        self, server: Registered, snapshot: Snapshot, now: float
    ) -> tuple[Registered, Standing | None, tuple[Shelved, ...]] | None:
        before, standing = self._kept.of_server.get(server.name), snapshot.servers.get(server.name)
        if before is None or before[0] != server or not _same(before[1], standing):
            return None
        artefact = standing.artefact if standing else None
        ended = artefact is not None and artefact.not_after <= now
        return None if ended and any(each.release.status != "deleted" for each in before[2]) else before

    async def _made(
        self, connection: AsyncConnection, servers: list[Registered], snapshot: Snapshot, now: float
    ) -> dict[str, tuple[Registered, Standing | None, tuple[Shelved, ...]]]:
        standings = {name: each for name, each in snapshot.servers.items() if not each.withdrawn}
        known = await releases(connection, servers, standings, now=now)
        documents = await self._documents.get(connection, [release.row for release in known])
        found: dict[str, list[Shelved]] = {server.name: [] for server in servers}
        for release in known:
            if document := documents[release.row]:
                found[release.server].append(_shelved(release, document))
        return {each.name: (each, snapshot.servers.get(each.name), tuple(found[each.name])) for each in servers}

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


def _same(before: Standing | None, now: Standing | None) -> bool:
    """Whether two looks at a server differ in nothing that an entry says."""
    if before is None or now is None:
        return before is now
    same_lists = before.closed is now.closed or before.closed == now.closed
    return same_lists and before.artefact is now.artefact and before.contract is now.contract


def _shelved(release: Release, document: ServerJson) -> Shelved:
    official = Official(
        status=release.status,
        status_message=release.message,
        status_changed_at=moment_of(release.changed_at),
        published_at=moment_of(release.published_at),
        updated_at=moment_of(release.updated_at),
        is_latest=release.is_latest,
    )
    entry = Entry(server=document, meta={OFFICIAL: official.model_dump(mode="json", exclude_none=True)})
    return Shelved(
        release=release,
        entry=entry,
        text=entry.model_dump_json(exclude_none=True),
        words=f"{document.name}\n{document.description}".casefold(),
    )


def moment_of(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
