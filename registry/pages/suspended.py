"""The page of what is suspended. It is the only place where something is opened again: that takes a browser."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Header, Request, Response
from fastapi.responses import RedirectResponse

from platform_core.canonical import digest
from platform_core.policy.artefact import Environment
from platform_core.policy.suspend import Suspension
from registry.pages.look import page
from registry.pages.same_page import must_be_ours
from registry.pages.session import Reader
from registry.parts import Parts, PartsHere
from registry.refused import Refused
from registry.roles import as_operator, has_role
from registry.suspending import EVERYWHERE

router = APIRouter(prefix="/suspensions", default_response_class=Response)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One thing that is closed, and where."""

    entry: Suspension
    environments: tuple[Environment, ...]

    @property
    def id(self) -> str:
        return digest(self.entry.model_dump(mode="json")).removeprefix("sha256:")[:16]


@router.get("")
async def show(request: Request, parts: PartsHere, reader: Reader, opened: str = "") -> Response:
    """List what is suspended; people who are, to operators and to themselves alone."""
    operator = has_role(parts, reader.person, "operator")
    rows = [row for row in await _rows(parts) if operator or row.entry.person in (None, reader.person.subject)]
    return page(request, "suspended.html", rows=rows, operator=operator, opened=bool(opened))


@router.post("/{id}/lift")
async def lift(
    parts: PartsHere,
    reader: Reader,
    id: str,
    csrf: Annotated[str, Form()] = "",
    sec_fetch_site: Annotated[str | None, Header()] = None,
) -> Response:
    """Open one thing again, wherever it is closed."""
    must_be_ours(reader, csrf, sec_fetch_site)
    await as_operator(parts, reader.person)
    row = next((row for row in await _rows(parts) if row.id == id), None)
    if row is None:
        raise Refused(code="not_found", rule="registry/suspension", detail="somebody has opened it already")
    await parts.suspending.lift(row.entry, row.environments, by=reader.person.subject)
    return RedirectResponse("/suspensions?opened=1", status_code=303, headers={"Cache-Control": "no-store"})


async def _rows(parts: Parts) -> list[Row]:
    """Newest first; what is closed in both environments by one word is one row."""
    found: dict[Suspension, tuple[Environment, ...]] = {}
    for environment in EVERYWHERE:
        closed = await parts.suspending.in_force(environment)
        for entry in closed.entries if closed else ():
            found[entry] = (*found.get(entry, ()), environment)
    rows = [Row(entry=entry, environments=where) for entry, where in found.items()]
    return sorted(rows, key=lambda row: -row.entry.at)
