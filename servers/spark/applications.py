"""Applications of all sources: which there are, and the digest of one of them."""

import re
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import anyio
import anyio.to_process
import anyio.to_thread

from platform_core.errors import Invalid, NotFound, Unavailable
from servers.spark.digest import Digest, Header
from servers.spark.digesting import ID, Unreadable, header_of, packed_digest
from servers.spark.settings import SparkSettings
from servers.spark.shelf import Shelf, key_of
from servers.spark.sources.attempts import Attempt
from servers.spark.sources.folder import Folder
from servers.spark.sources.rest import Rest

_BORN = (re.compile(r"app-(\d{14})-\d+$"), re.compile(r"application_(\d{13})_\d+$"), re.compile(r"local-(\d{13})$"))
LISTING_SECONDS = 2.0
"""How long a listing of the folders is good."""
COPIED = 86_400.0
"""A log that is written to so many seconds after its last event was not written by a driver."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An attempt, where it lies, and what changes as soon as its log does."""

    url: str
    attempt: Attempt
    key: str
    superseded: bool = False
    """A later attempt has begun, so this one has ended, whatever its log says."""

    def silent_seconds(self, last_event: float) -> float:
        """How long nobody has written, `last_event` in ms; a driver that answers is not silent.

        A log a day younger than its last event was copied to where it lies, and its age tells of the copying alone.
        """
        if self.superseded:
            return float("inf")
        written, happened = self.attempt.changed, last_event / 1000
        return 0.0 if self.attempt.live else time.time() - (happened if written - happened > COPIED else written)


class Applications:
    """Everything that the tools ask for. Reading happens in threads and worker processes."""

    def __init__(self, settings: SparkSettings) -> None:
        self._settings = settings
        self._sources: list[Folder | Rest] = [Folder(url) for url in settings.folders]
        self._sources += [Rest(settings.rest)] if settings.rest else []
        self.shelf = Shelf(settings.state_folder)
        self._workers = anyio.CapacityLimiter(settings.workers)
        self._reading: defaultdict[str, anyio.Lock] = defaultdict(anyio.Lock)
        self._listed: tuple[float, list[Found]] = (0.0, [])
        self._listing = anyio.Lock()

    async def all(self) -> list[Found]:
        """Every attempt, the one that was written to last first."""
        async with self._listing:
            until, found = self._listed
            if time.monotonic() >= until:
                found = await anyio.to_thread.run_sync(self._list)
                self._listed = time.monotonic() + LISTING_SECONDS, found
            return found

    async def headers(self, found: Sequence[Found]) -> list[Header]:
        """What a list shows of each; those that were not seen before are opened."""
        return await anyio.to_thread.run_sync(self._headers, found)

    async def find(self, app_id: str, attempt: str = "") -> Found:
        """The attempt that is meant: the last one, unless named. Says which kind of unknown an unknown one is."""
        if not ID.fullmatch(app_id):
            raise Invalid(
                "An application's id has letters, digits, - and _ only, such as app-20261122183520-0006 or "
                "application_1795371890000_0042. `find_applications` lists them."
            )
        own = [found for found in await self.all() if found.attempt.app_id == app_id]
        if not own:
            raise self._unknown(app_id)
        named = [found for found in own if attempt in ("", found.attempt.attempt)]
        if not named:
            known = ", ".join(sorted(found.attempt.attempt or "(none)" for found in own))
            raise NotFound(f"{app_id} has no attempt {attempt}; there are: {known}.")
        meant = max(named, key=_order)
        return replace(meant, superseded=meant is not max(own, key=_order))

    async def digest(self, found: Found) -> Digest:
        """The digest, from the shelf or by reading the log; who asks for the same one meanwhile waits for it."""
        if kept := self.shelf.digest(found.key):
            return kept
        async with self._reading[found.key]:
            if kept := self.shelf.digest(found.key):
                return kept
            try:
                return await self._read(found)
            finally:
                self._reading.pop(found.key, None)

    async def _read(self, found: Found) -> Digest:
        work = partial(packed_digest, found.url, found.attempt, self._settings.most_log_bytes)
        try:
            with anyio.fail_after(self._settings.most_seconds):
                data = await anyio.to_process.run_sync(work, cancellable=True, limiter=self._workers)
        except TimeoutError:
            raise Unavailable(
                f"Its event log ({found.attempt.size >> 20} MiB packed) takes longer to read than the "
                f"{self._settings.most_seconds:g} s of one call; the owner of this server can raise the bound."
            ) from None
        except Unreadable as error:
            raise Unavailable(f"{found.attempt.app_id} can't be read. {error}") from error
        except anyio.BrokenWorkerProcess as error:
            raise Unavailable("The reading of its log died, most likely for want of memory; tell the owner.") from error
        digest = await anyio.to_thread.run_sync(self.shelf.keep, found.key, found.attempt, data)
        if digest is None:
            raise Unavailable("Its log was read by another version of this server; try again.", retry_after=5)
        return digest

    def _list(self) -> list[Found]:
        """Each attempt once: what lies in a folder is not asked for over the network."""
        found: dict[tuple[str, str], Found] = {}
        for source in self._sources:
            for one in source.attempts():
                known = Found(url=source.url, attempt=one, key=key_of(source.url, one))
                found.setdefault((one.app_id, one.attempt), known)
        return sorted(found.values(), key=lambda one: -one.attempt.changed)

    def _headers(self, found: Sequence[Found]) -> list[Header]:
        headers: list[Header] = []
        for one in found:
            if not self.shelf.looked_at(key := one.key):
                self.shelf.keep_header(key, _header(one))
            fallback = Header(app_id=one.attempt.app_id, name="", user="", attempt=one.attempt.attempt, started=0)
            headers.append(self.shelf.header(key) or fallback)
        self.shelf.save_headers({one.key for one in found})
        return headers

    def _unknown(self, app_id: str) -> NotFound | Unavailable:
        born = _birth(app_id)
        if born is not None and 0 <= time.time() - born < self._settings.visible_seconds:
            return Unavailable(
                f"{app_id} is not visible yet: it started a moment ago and its log has not shown up. Ask again soon.",
                retry_after=15,
            )
        return NotFound(
            f"No source has a log of {app_id}: the id is wrong, its logging is off, or its log was cleaned up. "
            "`find_applications` lists what there is."
        )


def _header(found: Found) -> Header | None:
    try:
        return header_of(found.url, found.attempt)
    except Unreadable:
        return None


def _order(found: Found) -> tuple[int, float]:
    return _number(found.attempt.attempt), found.attempt.changed


def _number(attempt: str) -> int:
    return int(attempt) if attempt.isdecimal() else 0


def _birth(app_id: str) -> float | None:
    """When the cluster gave out this id, where the id says so."""
    for pattern in _BORN:
        if found := pattern.match(app_id):
            digits = found[1]
            if len(digits) == 14:
                try:
                    return time.mktime(time.strptime(digits, "%Y%m%d%H%M%S"))
                except ValueError:
                    return None
            return int(digits) / 1000
    return None
