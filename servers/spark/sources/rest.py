"""A History Server or a live driver, by Spark's own REST API, with this server's credential and never a person's."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import httpx2
import msgspec

from platform_core.errors import Unavailable
from servers.spark.digest import Header
from servers.spark.settings import SparkSettings
from servers.spark.sources.attempts import Attempt, File
from servers.spark.sources.tables import Listed, ListedAttempt, milliseconds

MOST_LISTED = 20_000
MOST_ANSWER = 64 << 20
"""Bytes of one JSON answer."""
PATIENCE = httpx2.Timeout(10, read=45)
PAGE = 200
MOST_PAGES = 5
_CHUNK = 1 << 18
_AS_IT_IS = {"Accept-Encoding": "identity"}
"""An archive is as small as it gets; a History Server would pack it once more."""
_BUSY = (429, 502, 503, 504)
_TOO_LARGE = "Its event log is larger than this server reads; tell the owner."
T = TypeVar("T")


class NotOffered(Exception):
    """It has no such page: a live driver does not hand out its event log."""


class Rest:
    """Everything here blocks: it is called in threads and in worker processes."""

    def __init__(self, url: str) -> None:
        self.url = url
        token = SparkSettings.load().rest_token
        headers = {"Authorization": f"Bearer {token.get_secret_value()}"} if token else {}
        self._http = httpx2.Client(base_url=f"{url}/api/v1/", headers=headers, timeout=PATIENCE, trust_env=False)

    def close(self) -> None:
        self._http.close()

    def attempts(self) -> list[Attempt]:
        """All attempts that it knows."""
        listed = self.get("applications", list[Listed], limit=MOST_LISTED)
        return [_attempt(application, one) for application in listed for one in application.attempts]

    def attempt(self, known: Attempt) -> ListedAttempt:
        """What it says of one attempt now."""
        application = self.get(f"applications/{quote(known.app_id, safe='')}", Listed)
        return next((one for one in application.attempts if one.attempt_id == known.attempt), ListedAttempt())

    def get(self, path: str, shape: type[T], **asked: str | int) -> T:
        """The JSON at `path`. Raises `Unavailable` for anything else, such as the page of a server that starts."""
        try:
            with self._http.stream("GET", path, params=asked) as answer:
                _passed(answer)
                return msgspec.json.decode(_body(answer), type=shape)
        except httpx2.HTTPError as error:
            raise _unreachable(error) from error
        except msgspec.DecodeError as error:
            raise Unavailable(f"Spark's REST API answered in an unknown shape ({error}): tell the owner.") from error

    def pages(self, path: str, shape: type[T], **asked: str | int) -> Iterator[T]:
        """The items of a list that comes in pages."""
        for number in range(MOST_PAGES):
            page = self.get(path, list[shape], offset=number * PAGE, length=PAGE, **asked)
            yield from page
            if len(page) < PAGE:
                return

    def event_log(self, attempt: Attempt, folder: str, most_bytes: int) -> None:
        """Unpack the attempt's event log into `folder`/log. Raises `NotOffered` where there is none to be had."""
        packed = Path(folder, "log.zip")
        try:
            with (
                self._http.stream("GET", f"{path_of(attempt)}/logs", headers=_AS_IT_IS) as answer,
                packed.open("wb") as file,
            ):
                if not answer.is_success:
                    raise NotOffered(f"status {answer.status_code}")
                for chunk in answer.iter_bytes(_CHUNK):
                    if file.tell() > most_bytes:
                        raise Unavailable(_TOO_LARGE)
                    file.write(chunk)
        except httpx2.HTTPError as error:
            raise _unreachable(error) from error
        _unpack(packed, Path(folder, "log"), most_bytes)


def path_of(attempt: Attempt) -> str:
    """Where the attempt is in the API; ids are quoted, so none leads to another page."""
    return "applications/" + "/".join(quote(part, safe="") for part in (attempt.app_id, attempt.attempt) if part)


def _attempt(application: Listed, one: ListedAttempt) -> Attempt:
    started = milliseconds(one.start_time) or 0
    changed = milliseconds(one.last_updated) or started
    return Attempt(
        app_id=application.id,
        attempt=one.attempt_id,
        parts=(File(name=f"{application.id}/{one.attempt_id}", size=1, changed=changed / 1000),),
        in_progress=not one.completed,
        header=Header(
            app_id=application.id, name=application.name, user=one.spark_user, attempt=one.attempt_id, started=started
        ),
        live=not one.completed and changed <= started,  # a History Server knows when its log was written to
    )


def _passed(answer: httpx2.Response) -> None:
    if answer.status_code in _BUSY:
        raise Unavailable("Spark's REST API is busy or starting; ask again in a moment.", retry_after=10)
    if answer.status_code in (401, 403):
        raise Unavailable("Spark's REST API refuses this server's own login: tell the owner of this server.")
    if not answer.is_success:
        raise Unavailable(f"Spark's REST API answered with HTTP {answer.status_code}: tell the owner of this server.")
    if "json" not in answer.headers.get("content-type", ""):  # "is starting up" comes as text with status 200
        raise Unavailable("Spark's REST API is starting up; ask again in a moment.", retry_after=10)


def _body(answer: httpx2.Response) -> bytes:
    body = bytearray()
    for chunk in answer.iter_bytes(_CHUNK):
        body += chunk
        if len(body) > MOST_ANSWER:
            raise Unavailable("Spark's REST API answered with more than this server reads: tell the owner.")
    return bytes(body)


def _unreachable(error: httpx2.HTTPError) -> Unavailable:
    return Unavailable(f"Spark's REST API can't be reached ({type(error).__name__}); try again.", retry_after=10)


def _unpack(packed: Path, folder: Path, most_bytes: int) -> None:
    """The log's own files, each in its folder of rolled files at the most: an archive's paths are not ours."""
    try:
        with zipfile.ZipFile(packed) as archive:
            if not any(not member.is_dir() for member in archive.infolist()):  # what a live driver hands out
                raise NotOffered("an archive of nothing")
            if sum(member.file_size for member in archive.infolist()) > most_bytes:
                raise Unavailable(_TOO_LARGE)
            for member in archive.infolist():
                parts = [part for part in member.filename.split("/") if part.strip(".")]
                if parts and not member.is_dir():
                    _copy(archive, member, folder.joinpath(*parts[-2:]))
    except zipfile.BadZipFile as error:
        raise NotOffered("not an archive") from error


def _copy(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(member) as source, target.open("wb") as file:
        while chunk := source.read(_CHUNK):
            file.write(chunk)
