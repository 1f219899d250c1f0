"""Submissions and their tickets, as they are kept."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import RowMapping, Select, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from platform_core.policy.sign import SignedArtefact
from platform_core.registration.contract import Contract, Registration
from registry.reviews import submission as domain
from registry.reviews.narrowing import Narrowing
from registry.reviews.submission import KINDS, Answers, Kind, State, Why, set_aside, ticket_name
from registry.store.review_tables import Submission, Ticket
from registry.store.tables import Artefact, Version

MOST = 200
"""Submissions that one list shows, the newest."""


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
    row = {
        "server": registration.manifest.name, "state": "open", "why": why, "submitted_by": by, "submitted_at": now,
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
    found = await _read(connection, select(Submission.id).where(Submission.id == number))
    return found[0] if found else None


async def listed(
    connection: AsyncConnection,
    *,
    states: Collection[State] = (),
    server: str | None = None,
    version: int | None = None,
) -> list[domain.Submission]:
    """The newest submissions, newest first; `version` is of the policy that came of one."""
    wanted = select(Submission.id).order_by(Submission.id.desc()).limit(MOST)
    if states:
        wanted = wanted.where(Submission.state.in_(states))
    if server is not None:
        wanted = wanted.where(Submission.server == server)
    if version is not None:
        wanted = wanted.where(Submission.version == version)
    return await _read(connection, wanted)


async def same(connection: AsyncConnection, server: str, substance: str, state: State) -> domain.Submission | None:
    """The newest submission of a server in a state, if it holds the same."""
    newest = select(Submission.id).where(Submission.server == server, Submission.state == state)
    found = await _read(connection, newest.order_by(Submission.id.desc()).limit(1))
    return found[0] if found and domain.substance(found[0].registration, found[0].answers) == substance else None


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


async def _read(connection: AsyncConnection, wanted: Select[int]) -> list[domain.Submission]:
    numbers = list((await connection.execute(wanted)).scalars())
    rows = (await connection.execute(select(Submission.__table__).where(Submission.id.in_(numbers)))).mappings().all()
    tickets = (
        (await connection.execute(select(Ticket.__table__).where(Ticket.submission_id.in_(numbers)))).mappings().all()
    )
    of = {row["id"]: [_ticket(one) for one in tickets if one["submission_id"] == row["id"]] for row in rows}
    return [_submission(row, of[row["id"]]) for row in sorted(rows, key=lambda row: -row["id"])]


def _submission(row: RowMapping, tickets: list[domain.Ticket]) -> domain.Submission:
    kept: dict[str, Any] = dict(row)
    del kept["substance"]
    kept["registration"] = Registration.model_validate_json(kept["registration"])
    kept["answers"] = Answers.model_validate_json(kept["answers"])
    kept["tickets"] = tuple(sorted(tickets, key=lambda ticket: domain.KINDS.index(ticket.kind)))
    return domain.Submission(**kept)


def _ticket(row: RowMapping) -> domain.Ticket:
    kept: dict[str, Any] = dict(row)
    kept["name"] = ticket_name(kept["kind"], kept.pop("submission_id"))
    kept["narrowing"] = Narrowing.model_validate_json(kept["narrowing"] or "{}")
    return domain.Ticket(**kept)
