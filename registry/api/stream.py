"""Signed policies and suspensions as they come into force, pushed to whoever follows: JSON lines that never end."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from platform_core.policy.artefact import Environment, Name
from platform_core.policy.sign import SignedArtefact
from registry.broadcast import Change, Ended
from registry.parts import Parts, PartsHere
from registry.store import artefacts, suspensions

router = APIRouter()
BEAT = 4.0
"""Seconds of silence after which a line is sent anyway; a follower hangs up after 15."""
_encode = msgspec.json.Encoder().encode


@router.get("/api/policies/stream")
async def stream(
    parts: PartsHere, environment: Annotated[Environment, Query()] = "production", server: Name | None = None
) -> StreamingResponse:
    """Send what is suspended and every policy in force, then each change."""
    lines = _lines(parts, environment, server)
    return StreamingResponse(lines, media_type="application/x-ndjson", headers={"Cache-Control": "no-store"})


async def _lines(parts: Parts, environment: Environment, server: str | None) -> AsyncGenerator[bytes]:
    # Listening begins before the snapshot is read, so that nothing falls between the two.
    with parts.broadcast.follow() as ear:
        async with parts.database.reading() as connection:
            closed = await suspensions.in_force(connection, environment)
            snapshot = await artefacts.in_force(connection, environment, server)
        if closed is not None:
            yield _signed("suspensions", closed.signed)
        for signed in snapshot:
            yield _signed("policy", signed)
        yield _line({"kind": "current"})
        while True:
            try:
                change = await asyncio.wait_for(ear.next(), BEAT)
            except TimeoutError:
                yield _line({"kind": "beat"})
            except Ended:
                return
            else:
                if change.environment == environment and (server is None or change.server in (None, server)):
                    yield _change(change)


def _change(change: Change) -> bytes:
    if change.signed is None:
        return _line({"kind": "withdrawn", "server": change.server})
    return _signed("policy" if change.server else "suspensions", change.signed)


def _signed(kind: str, signed: SignedArtefact) -> bytes:
    return _line({"kind": kind, "signed": signed.model_dump(mode="json")})


def _line(value: dict[str, object]) -> bytes:
    return _encode(value) + b"\n"
