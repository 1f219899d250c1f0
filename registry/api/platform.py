"""What other parts of the platform tell the registry; behind a socket that only they can open."""

import math
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from platform_core.policy.artefact import Environment, Name
from platform_core.policy.sign import SignedArtefact
from platform_core.telemetry.record import Entry
from registry.api.described import Told
from registry.parts import PartsHere
from registry.refused import Refused
from registry.store import invocations

router = APIRouter()
_entries = msgspec.json.Decoder(list[Entry])
YEAR_3000 = 32_503_680_000

InEnvironment = Annotated[Environment, Query()]


class RegisteredVersion(BaseModel):
    server: str
    version: str
    contract_digest: str


@router.put("/api/servers/{name}")
async def register(
    parts: PartsHere, name: Name, registration: Told, environment: InEnvironment = "production"
) -> RegisteredVersion:
    """Take in what the pipeline says of a server."""
    if registration.manifest.name != name:
        detail = f"the address names {name}, the manifest {registration.manifest.name}"
        raise Refused(code="invalid", rule="registry/registration", detail=detail, server=name)
    contract_digest = await parts.policies.register(registration, environment)
    return RegisteredVersion(server=name, version=registration.version, contract_digest=contract_digest)


@router.delete("/api/servers/{name}", status_code=204)
async def withdraw(parts: PartsHere, name: Name, environment: InEnvironment = "production") -> None:
    """Take a server down: its route, its policy and its place in every list go; what it did stays."""
    await parts.policies.withdraw(environment, name)


class PolicyInForce(BaseModel):
    server: str
    version: int


@router.put("/api/policies")
async def put_policy(parts: PartsHere, signed: SignedArtefact) -> PolicyInForce:
    """Take in a signed policy of an experiment."""
    artefact = await parts.policies.try_out(signed)
    return PolicyInForce(server=artefact.server, version=artefact.version)


@router.post("/api/invocations")
async def take_invocations(request: Request, parts: PartsHere) -> dict[str, int]:
    """Take in records of calls; sent twice, a record is taken once."""
    entries = _decode(await request.body())
    async with parts.database.writing() as connection:
        return {"taken": await invocations.take(connection, entries, now=parts.clock())}


@router.get("/api/invocations")
async def latest_invocations(
    parts: PartsHere,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    trace: Annotated[str | None, Query(pattern="^[0-9a-f]{32}$")] = None,
) -> list[dict[str, Any]]:
    """The newest records, or those of one trace: who did what, and what decided. Results are not among them."""
    async with parts.database.reading() as connection:
        return await invocations.latest(connection, limit=limit, trace=trace)


def _decode(body: bytes) -> list[Entry]:
    try:
        entries = _entries.decode(body)
    except msgspec.DecodeError as error:
        raise _unreadable(f"not a list of records: {error}") from error
    if len(entries) > invocations.BATCH:
        raise _unreadable(f"{len(entries)} records at once; send at most {invocations.BATCH}")
    for number, entry in enumerate(entries):
        record: Any = entry.record
        if not (0 <= record.time < YEAR_3000 and 0 <= record.minutes < math.inf):
            raise _unreadable(f"record {number} ({record.id}) has a time or minutes that can't be")
    return entries


def _unreadable(detail: str) -> Refused:
    return Refused(code="invalid", rule="registry/records", detail=detail)
