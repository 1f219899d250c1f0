"""Approvals at the registry, over its socket for parts of the platform; without the registry nothing is approved."""

from pathlib import Path
from typing import Literal, TypeVar

import httpx2
import msgspec

from platform_core.approval.record import Answer, Approval, Way
from platform_core.approval.store import TooManyWait
from platform_core.errors import Unavailable
from platform_core.policy.stream import NO_TLS

T = TypeVar("T")
PATH = "/api/approvals"
SECONDS = 5.0
MISSING = 404
_encode = msgspec.json.Encoder().encode


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """What the registry says of a question: it is kept, or as many wait as may."""

    kept: Approval | None = None
    waiting: tuple[Approval, ...] = ()


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a step was taken."""

    taken: bool


class RegistryApprovals:
    """One client for all steps, kept open. A step is never sent twice: whether it was taken is not known then."""

    def __init__(self, registry: Path) -> None:
        transport = httpx2.AsyncHTTPTransport(uds=str(registry), verify=NO_TLS)
        self._http = httpx2.AsyncClient(transport=transport, base_url="http://registry", timeout=SECONDS)

    async def ask(self, fresh: Approval) -> Approval:
        said = _read(await self._send("POST", PATH, _encode(fresh)), Asking)
        if said.kept is None:
            raise TooManyWait(said.waiting)
        return said.kept

    async def read(self, id: str, *, now: float) -> Approval | None:
        answer = await self._send("GET", f"{PATH}/{id}", missing=True)
        return None if answer.status_code == MISSING else _read(answer, Approval)

    async def answer(self, id: str, answer: Answer, *, on: Way, now: float) -> bool:
        # A server takes answers of forms alone; those on the page never come this way.
        return await self._step(id, "answer", answer=answer)

    async def consume(self, id: str, *, now: float) -> bool:
        return await self._step(id, "consume")

    async def refer(self, id: str, reference: str, *, now: float) -> None:
        await self._step(id, "refer", reference=reference)

    async def end(self, id: str, how: Literal["done", "unknown"], *, now: float) -> None:
        await self._step(id, "end", how=how)

    async def close(self) -> None:
        await self._http.aclose()

    async def _step(self, id: str, step: str, **said: str) -> bool:
        return _read(await self._send("POST", f"{PATH}/{id}/{step}", _encode(said)), Taken).taken

    async def _send(self, method: str, path: str, body: bytes = b"", *, missing: bool = False) -> httpx2.Response:
        try:
            answer = await self._http.request(method, path, content=body, headers={"content-type": "application/json"})
        except httpx2.HTTPError as error:
            raise _down(type(error).__name__) from error
        if not (answer.is_success or (missing and answer.status_code == MISSING)):
            raise _down(f"it answers {answer.status_code}")
        return answer


def _read(answer: httpx2.Response, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(answer.content, type=kind)
    except msgspec.DecodeError as error:
        raise _down("it answers something else") from error


def _down(why: str) -> Unavailable:
    return Unavailable(
        f"Approvals can't be read or written now: the registry can't be asked ({why}). Nothing ran; try again later.",
        retry_after=5,
    )
