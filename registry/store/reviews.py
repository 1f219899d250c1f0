"""Submissions and their tickets, as they are kept."""

import dataclasses
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import RowMapping, Select, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from platform_core.policy.sign import SignedArtefact
from platform_core.registration.contract import Contract, Registration
from registry.owners import owner_group
from registry.reviews import submission as domain
from registry.reviews.narrowing import Narrowing
from registry.reviews.submission import KINDS, Answers, Kind, Outline, State, Why, set_aside, ticket_name
from registry.store.review_tables import Submission, Ticket
from registry.store.tables import Artefact, Version

MOST = 200
"""Submissions that one list shows."""
_OUTLINE = tuple(
    getattr(Submission, each.name) for each in dataclasses.fields(domain.Outline) if each.name != "tickets"
)


async def add(
    connection: AsyncConnection,
    registration: Registration,
    answers: Answers,
    *,
    why: Why,
    by: str,
    links: Mapping[Kind, str],
    now: float,
) -> int:
    """Keep what is handed in, with a ticket of each kind, open where it applies; returns its number."""
    manifest = registration.manifest
    row = {
        "server": manifest.name, "title": manifest.title, "owner": manifest.owner,
        "owner_group": owner_group(manifest), "server_version": registration.version,
        "state": "open", "why": why, "submitted_by": by, "submitted_at": now,
        "registration": registration.model_dump_json(by_alias=True), "answers": answers.model_dump_json(),
        "contract_digest": registration.contract.digest, "substance": domain.substance(registration, answers),
    }  # fmt: skip
    number = (await connection.execute(insert(Submission).values(row).returning(Submission.id))).scalar_one()
    aside = set_aside(answers)
    tickets = [
        {
            "submission_id": number, "kind": kind, "state": "not_applicable" if kind in aside else "open",
            "link": links.get(kind), "reason": aside.get(kind), "decided_at": now if kind in aside else None,
        }
        for kind in KINDS
    ]  # fmt: skip
    await connection.execute(insert(Ticket), tickets)
    return number


async def one(connection: AsyncConnection, number: int) -> domain.Submission | None:
    """One submission."""
    return await _whole(connection, select(Submission.id).where(Submission.id == number))


async def listed(
    connection: AsyncConnection,
    *,
    states: Collection[State] = (),
    server: str | None = None,
    version: int | None = None,
    groups: Collection[str] | None = None,
    before: int | None = None,
    most: int = MOST,
) -> list[Outline]:
    """The newest submissions, newest first, from below `before`; `version` is of the policy that came of one, and
    `groups` are those of which one has to answer for the server."""
    wanted = select(*_OUTLINE).order_by(Submission.id.desc()).limit(most)
    if states:
        wanted = wanted.where(Submission.state.in_(states))
    if server is not None:
        wanted = wanted.where(Submission.server == server)
    if version is not None:
        wanted = wanted.where(Submission.version == version)
    if groups is not None:
        wanted = wanted.where(Submission.owner_group.in_(groups))
    if before is not None:
        wanted = wanted.where(Submission.id < before)
    rows = (await connection.execute(wanted)).mappings().all()
    tickets = await _tickets(connection, [row["id"] for row in rows])
    return [Outline(**row, tickets=tickets[row["id"]]) for row in rows]


async def same(connection: AsyncConnection, server: str, substance: str, state: State) -> domain.Submission | None:
    """The newest submission of a server in a state, if it holds the same."""
    newest = select(Submission.id).where(Submission.server == server, Submission.state == state)
    found = await _whole(connection, newest.order_by(Submission.id.desc()).limit(1))
    return found if found and domain.substance(found.registration, found.answers) == substance else None


async def granted(connection: AsyncConnection) -> list[int]:
    """Those that wait for the signer alone, in their order."""
    wanted = select(Submission.id).where(Submission.state == "granted").order_by(Submission.id)
    return list((await connection.execute(wanted)).scalars())


async def decide(connection: AsyncConnection, number: int, ticket: domain.Ticket) -> None:
    """Keep a decision."""
    decided = {
        "state": ticket.state, "reviewer": ticket.reviewer, "reason": ticket.reason, "decided_at": ticket.decided_at,
        "narrowing": ticket.narrowing.model_dump_json(exclude_unset=True), "link": ticket.link,
    }  # fmt: skip
    mine = (Ticket.submission_id == number, Ticket.kind == ticket.kind, Ticket.state == "open")
    await connection.execute(update(Ticket).where(*mine).values(decided))


async def move(
    connection: AsyncConnection, number: int, *, from_: State, to: State, now: float, version: int | None = None
) -> bool:
    """Bring a submission from one state to the next; returns False where somebody else has moved it before."""
    closed_at = None if to == "granted" else now
    moved = await connection.execute(
        update(Submission)
        .where(Submission.id == number, Submission.state == from_)
        .values(state=to, closed_at=closed_at, version=version)
    )
    return moved.rowcount == 1


async def highest_version(connection: AsyncConnection, server: str) -> int:
    """The highest version of a server's policy that was ever kept here; 0 where none was."""
    wanted = select(func.max(Artefact.version)).where(
        Artefact.environment == domain.ENVIRONMENT, Artefact.server == server
    )
    return (await connection.execute(wanted)).scalar() or 0


async def contract_of(connection: AsyncConnection, server: str, digest: str) -> Contract | None:
    """The contract that a policy was made for."""
    said = select(Version.registration).where(
        Version.environment == domain.ENVIRONMENT, Version.server == server, Version.contract_digest == digest
    )
    text = (await connection.execute(said.order_by(Version.id.desc()).limit(1))).scalar()
    return Registration.model_validate_json(text).contract if text else None


async def version_below(connection: AsyncConnection, server: str, version: int | None) -> SignedArtefact | None:
    """The policy of production before `version`; without one, the newest there is."""
    wanted = select(Artefact.signed).where(Artefact.environment == domain.ENVIRONMENT, Artefact.server == server)
    if version is not None:
        wanted = wanted.where(Artefact.version < version)
    text = (await connection.execute(wanted.order_by(Artefact.version.desc()).limit(1))).scalar()
    return SignedArtefact.model_validate_json(text) if text else None


async def _whole(connection: AsyncConnection, wanted: Select[int]) -> domain.Submission | None:
    whole = select(*_OUTLINE, Submission.registration, Submission.answers).where(Submission.id.in_(wanted))
    row = (await connection.execute(whole)).mappings().first()
    if row is None:
        return None
    kept: dict[str, Any] = dict(row)
    kept["registration"] = Registration.model_validate_json(kept["registration"])
    kept["answers"] = Answers.model_validate_json(kept["answers"])
    kept["tickets"] = (await _tickets(connection, [kept["id"]]))[kept["id"]]
    return domain.Submission(**kept)


async def _tickets(connection: AsyncConnection, numbers: Collection[int]) -> Mapping[int, tuple[domain.Ticket, ...]]:
    rows = (await connection.execute(select(Ticket.__table__).where(Ticket.submission_id.in_(numbers)))).mappings()
    found: dict[int, list[domain.Ticket]] = {number: [] for number in numbers}
    for row in rows:
        found[row["submission_id"]].append(_ticket(row))
    return {number: tuple(sorted(of, key=lambda each: KINDS.index(each.kind))) for number, of in found.items()}


def _ticket(row: RowMapping) -> domain.Ticket:
    kept: dict[str, Any] = dict(row)
    kept["name"] = ticket_name(kept["kind"], kept.pop("submission_id"))
    kept["narrowing"] = Narrowing.model_validate_json(kept["narrowing"] or "{}")
    return domain.Ticket(**kept)
