"""Airflow's REST API, `/api/v2` over plain HTTP, as the person who calls; `earlier` speaks `/api/v1`."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from urllib.parse import quote

import httpx2
import msgspec

from platform_core import Denied, DomainError, Invalid, NotFound, Unavailable
from servers.airflow.logins import login_of
from servers.airflow.persons import Person
from servers.airflow.settings import AirflowSettings

T = TypeVar("T")
_MOST_ANSWER = 32 << 20
_SAID = 300
"""Characters of Airflow's own words in an error of ours."""
NDJSON = "application/x-ndjson"
_TRY_AGAIN = (500, 502, 503, 504)


class Conflict(DomainError):
    """Airflow has something of that name already."""

    code = "conflict"


class Api:
    """One client for all people; what it may do is decided by the token of each call."""

    read_only = ""
    """Why nothing can be changed, where it can't."""
    log_type = NDJSON
    filters_by_last_run = True

    def __init__(self, settings: AirflowSettings) -> None:
        self._login = login_of(settings)
        self._http = httpx2.AsyncClient(
            base_url=f"{settings.url}/api/{settings.api}/",
            timeout=settings.seconds,
            trust_env=False,
            follow_redirects=False,
        )
        self.requests = 0

    async def get(self, person: Person, path: str, shape: type[T], **asked: Any) -> T:
        """Read once, and once more where Airflow was busy: a read may be repeated, a write never is."""
        try:
            return await self._once(person, "GET", path, shape, params=_given(asked))
        except Unavailable:
            return await self._once(person, "GET", path, shape, params=_given(asked))

    async def look_up(self, person: Person, path: str, shape: type[T], **body: Any) -> T:
        """A read that Airflow wants as a POST."""
        try:
            return await self._once(person, "POST", path, shape, json=body)
        except Unavailable:
            return await self._once(person, "POST", path, shape, json=body)

    async def write(self, person: Person, method: str, path: str, shape: type[T], **body: Any) -> T:
        """Change something, once."""
        if self.read_only:
            raise Denied(self.read_only)
        return await self._once(person, method, path, shape, json=body)

    @asynccontextmanager
    async def lines(self, person: Person, path: str, **asked: Any) -> AsyncGenerator[httpx2.Response]:
        """A log as it comes, one JSON object a line."""
        headers = await self._headers(person, self.log_type)
        self.requests += 1
        try:
            async with self._http.stream("GET", path, params=_given(asked), headers=headers) as answer:
                if not answer.is_success:
                    await answer.aread()
                    raise _failure(answer)
                yield answer
        except httpx2.HTTPError as error:
            raise _unreachable(error) from error

    async def close(self) -> None:
        await self._login.close()
        await self._http.aclose()

    async def _headers(self, person: Person, accept: str = "application/json") -> dict[str, str]:
        return {"Authorization": await self._login.header(person), "Accept": accept}

    async def _once(self, person: Person, method: str, path: str, shape: type[T], **sent: Any) -> T:
        self.requests += 1
        try:
            answer = await self._http.request(method, path, headers=await self._headers(person), **sent)
        except httpx2.HTTPError as error:
            raise _unreachable(error) from error
        if not answer.is_success:
            raise _failure(answer)
        if len(answer.content) > _MOST_ANSWER:
            raise Unavailable("Airflow answered with more than this server reads: ask for less at once.")
        try:
            return msgspec.json.decode(answer.content, type=shape)
        except msgspec.DecodeError as error:
            raise Unavailable(
                f"Airflow answered in an unknown shape ({error}): tell the owner of this server."
            ) from error


def at(*parts: str) -> str:
    """A path; ids are quoted, so none leads to another place."""
    return "/".join(quote(part, safe="~") for part in parts)


def _given(asked: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in asked.items() if value not in (None, "", ())}


def _failure(answer: httpx2.Response) -> DomainError:
    said = _said(answer)
    match answer.status_code:
        case 401:
            return Unavailable("Airflow refuses this server's login: tell the owner of this server.")
        case 403:
            return Denied(f"Airflow does not let you do this ({said}). Ask the DAG's owner.")
        case 404:
            return NotFound(f"Airflow knows nothing of that name: {said}")
        case 409:
            return Conflict(f"Airflow has that already: {said}")
        case 400 | 422:
            return Invalid(f"Airflow can't use that: {said}")
        case status if status in _TRY_AGAIN:
            return Unavailable(f"Airflow is busy or has a fault (HTTP {status}: {said}); ask again.", retry_after=5)
        case status:
            return Unavailable(f"Airflow answered with HTTP {status}: {said}")


def _said(answer: httpx2.Response) -> str:
    try:
        detail = msgspec.json.decode(answer.content).get("detail", "")
    except (msgspec.DecodeError, AttributeError):
        return "no reason given"
    return (detail if isinstance(detail, str) else msgspec.json.encode(detail).decode())[:_SAID]


def _unreachable(error: httpx2.HTTPError) -> Unavailable:
    if isinstance(error, httpx2.TimeoutException):
        return Unavailable("Airflow did not answer in time; ask again, or ask for less.", retry_after=5)
    return Unavailable(
        f"Airflow can't be reached ({type(error).__name__}); it may be restarting: ask again.", retry_after=5
    )
