"""Where a live server is not what was reviewed, word by word."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from fastapi import APIRouter, Request, Response

from platform_core.policy.artefact import Environment, Name
from registry.owners import owns
from registry.pages.look import page
from registry.pages.session import Reader
from registry.parts import PartsHere
from registry.probe import difference
from registry.refused import Refused, unknown_server
from registry.roles import REVIEWERS, has_role
from registry.store import drift

router = APIRouter(default_response_class=Response)
MOST_WORDS = 4_000
"""Words of one text that are compared; what is longer is shown whole, as one change."""


@dataclass(frozen=True)
class Piece:
    """Words that are the same on both sides, or on one alone."""

    kind: Literal["same", "registered", "live"]
    text: str


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
    roles = has_role(parts, reader.person, "operator", "auditor", *REVIEWERS)
    if not roles and not owns(reader.person, standing.manifest):
        detail = "a difference is shown to the owner's team, to reviewers, auditors and operators"
        raise Refused(code="authorization_denied", rule="registry/difference-readers", detail=detail, server=name)
    if found is None:
        detail = f"{name} lists what was registered"
        raise Refused(code="not_found", rule="registry/difference", detail=detail, server=name)
    changes = [(one, list(word_by_word(one.registered, one.live))) for one in difference.read(found.changes)]
    return page(
        request,
        "difference.html",
        environment=environment,
        standing=standing,
        found=found,
        changes=changes,
        closed=json.loads(found.closed),
    )


def word_by_word(registered: str, live: str) -> Iterator[Piece]:
    """One text made into the other."""
    before, after = (re.findall(r"\s+|\w+|[^\w\s]", text) for text in (registered, live))
    if max(len(before), len(after)) > MOST_WORDS:
        yield from (Piece("registered", registered), Piece("live", live))
        return
    for kind, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            yield Piece("same", "".join(before[i:j]))
            continue
        if i < j:
            yield Piece("registered", "".join(before[i:j]))
        if k < m:
            yield Piece("live", "".join(after[k:m]))
