"""The auditors' page: who did what, from one id, and all that opened or closed something."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Form, Header, Query, Request, Response
from pydantic import JsonValue

from platform_core.audit import Line
from registry.api.who import MOST, Call, told
from registry.auditing import look_at_body, look_at_calls
from registry.pages.look import page
from registry.pages.same_page import must_be_ours
from registry.pages.session import Reader
from registry.parts import Parts, PartsHere
from registry.roles import in_role
from registry.store import audit, calls
from registry.store.audit import Sought
from registry.store.calls import whose
from registry.store.sessions import SignedIn

router = APIRouter(prefix="/audit", default_response_class=Response)
LINES = 50
KINDS = ("review", "policy", "server", "tool", "person", "approval", "role", "body", "drift")
"""What the list can be narrowed to: the first words of acts."""


@router.get("")
async def show(
    request: Request,
    parts: PartsHere,
    reader: Reader,
    id: Annotated[str, Query(max_length=256)] = "",
    act: Annotated[str, Query(max_length=64)] = "",
    before: Annotated[int | None, Query(ge=1, le=2**53)] = None,
) -> Response:
    """Show what is known under an id, or else the newest lines of the log."""
    await in_role(parts, reader.person, "auditor")
    return page(request, "audit.html", **await _shown(parts, reader, id.strip(), act, before))


@router.post("/calls/{id}/answer")
async def answer(
    request: Request,
    parts: PartsHere,
    reader: Reader,
    id: str,
    csrf: Annotated[str, Form()] = "",
    sec_fetch_site: Annotated[str | None, Header()] = None,
) -> Response:
    """Show what a call answered; the look is written down first."""
    must_be_ours(reader, csrf, sec_fetch_site)
    body = await look_at_body(parts, reader.person, id)
    shown = await _shown(parts, reader, id, "", None)
    shown |= {"looked": True, "answer": body}
    return page(request, "audit.html", **shown)


async def _shown(parts: Parts, reader: SignedIn, id: str, act: str, before: int | None) -> dict[str, Any]:
    sought = Sought(either=id or None, act=act or None, before=before)
    async with parts.database.reading() as connection:
        lines = await audit.newest(connection, sought, most=LINES)
        number, head = await audit.head(connection)
    found = await _calls(parts, reader, id) if id else []
    return {
        "id": id, "act": act, "kinds": KINDS, "lines": lines, "said": said, "calls": found,
        "older": lines[-1].number if len(lines) == LINES else None, "number": number, "head": head,
        "arguments_days": parts.settings.arguments_days, "arguments": pretty, "looked": False, "answer": None,
    }  # fmt: skip


async def _calls(parts: Parts, reader: SignedIn, id: str) -> list[Call]:
    async with parts.database.reading() as connection:
        rows = await calls.known_as(connection, id, most=MOST)
        if not rows:
            rows = await calls.of_person(connection, id, after=None, most=MOST)
    if others := sorted({whose(row) for row in rows} - {reader.person.subject}):
        await look_at_calls(parts, reader.person, id, of=others)
    return [told(row) for row in rows]


def pretty(arguments: JsonValue) -> str:
    """Arguments as people read them."""
    return arguments if isinstance(arguments, str) else json.dumps(arguments, indent=2, ensure_ascii=False)


def said(line: Line) -> str:
    """The details of a line in one."""
    return "; ".join(f"{name}: {_flat(value)}" for name, value in sorted(line.detail.items()) if name != "lines")


def _flat(value: JsonValue) -> str:
    if isinstance(value, list):
        return ", ".join(_flat(item) for item in value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
