"""Where a live server is not what was reviewed, word by word."""

import json

from fastapi import APIRouter, Request, Response

from platform_core.policy.artefact import Environment, Name
from registry.pages.look import page
from registry.pages.session import Reader
from registry.pages.word_by_word import word_by_word
from registry.parts import PartsHere
from registry.probe import difference
from registry.refused import Refused, unknown_server
from registry.roles import looks_behind
from registry.store import drift

router = APIRouter(default_response_class=Response)


@router.get("/servers/{name}/difference")
@router.get("/experiments/{name}/difference")
async def show(request: Request, parts: PartsHere, reader: Reader, name: Name) -> Response:
    """Show what was registered beside what the live server lists."""
    environment: Environment = "dev" if request.url.path.startswith("/experiments/") else "production"
    async with parts.database.reading() as connection:
        standing = await parts.standings.one(connection, environment, name)
        found = await drift.of(connection, environment, name)
    if standing is None:
        raise unknown_server(name, environment)
    if not looks_behind(parts, reader.person, standing.manifest):
        detail = "a difference is shown to the owner's team, to reviewers, auditors and operators"
        raise Refused(code="authorization_denied", rule="registry/difference-readers", detail=detail, server=name)
    if found is None:
        detail = f"{name} lists what was registered"
        raise Refused(code="not_found", rule="registry/difference", detail=detail, server=name)
    changes = difference.read(found.changes)
    pieces = word_by_word((one.registered, one.live) for one in changes)
    return page(
        request,
        "difference.html",
        environment=environment,
        standing=standing,
        found=found,
        changes=zip(changes, pieces, strict=True),
        closed=json.loads(found.closed),
    )
