"""From what is handed in to what is in force: each step is on the disk before the next, and taken once."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from platform_core.auth.principal import Principal
from platform_core.errors import DomainError
from platform_core.registration.contract import Registration
from registry.owners import owns
from registry.policies import Policies, check
from registry.refused import Refused
from registry.reviews import deprecating, going_live, telling
from registry.reviews.compiling import DAY, DAYS, compiled, wish
from registry.reviews.narrowing import Narrowing, NothingLeft, widened
from registry.reviews.submission import ENVIRONMENT, Answers, Kind, Submission, Ticket, TicketState, Why, substance
from registry.signing import Signing
from registry.store import artefacts, reviews
from registry.store.artefacts import Ground
from registry.store.database import Database
from registry.store.deprecations import Deprecated

RETRY = 5.0
"""Seconds between two looks for what is granted and not live: the signer may have been away."""
Says = Literal["grant", "refuse", "not_applicable"]
_STATE: Mapping[Says, TicketState] = {"grant": "granted", "refuse": "refused", "not_applicable": "not_applicable"}

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What a reviewer says of one ticket."""

    kind: Kind
    says: Says
    contract_digest: str
    """Of the contract that the reviewer looked at."""
    narrowing: Narrowing
    reason: str
    link: str | None = None
    """The same ticket in the company's own tracker."""


@dataclass(frozen=True, kw_only=True)
class Reviews:
    """The only way from a wish to a policy of production."""

    database: Database
    policies: Policies
    signing: Signing
    clock: Callable[[], float]
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def submit(
        self, registration: Registration, answers: Answers, *, by: str, links: Mapping[Kind, str]
    ) -> Submission:
        """Take in what is to be reviewed. What was handed in or decided already is found again, and asks nobody."""
        check(registration)
        wish(registration, now=int(self.clock()))
        async with self.database.writing() as connection:
            found = await self._found(connection, registration, answers)
            if found is None:
                return await self._opened(connection, registration, answers, by=by, links=links)
        if found.state == "live":
            await self.policies.register(registration, ENVIRONMENT)  # summary and minutes need no review
        return found

    async def decide(self, number: int, decision: Decision, who: Principal) -> Submission:
        """Take a decision, and bring the server live where it was the last one."""
        async with self.database.writing() as connection:
            await self._decide(connection, number, decision, who)
        try:
            await self.finish()
        except (DomainError, Refused, OperationalError) as error:
            log.error("submission %d is granted and not live yet: %s", number, error)
        async with self.database.reading() as connection:
            return await self._must_find(connection, number)

    async def finish(self) -> None:
        """Bring live whatever is granted, and end what is deprecated. Begun before a crash, it is ended here."""
        async with self._turn:
            async with self.database.reading() as connection:
                waiting = await reviews.granted(connection)
            for number in waiting:
                await going_live.go_live(self.database, self.policies, self.signing, number, clock=self.clock)
            await deprecating.end_in_time(self.database, self.policies, self.signing, now=int(self.clock()))

    async def sign_anew(self, key: str) -> list[str]:
        """Sign what another key than `key` has signed once more, word for word: the signer's key was turned."""
        async with self._turn:
            return await going_live.sign_anew(self.database, self.policies, self.signing, key, clock=self.clock)

    async def deprecate(self, said: Deprecated) -> None:
        """Say that a live server is to be used no more."""
        await deprecating.deprecate(self.database, said)
        await self.finish()

    async def run(self) -> None:
        """Finish what a crash or an absent signer left undone, for ever."""
        while True:
            try:
                await self.finish()
            except (DomainError, Refused, OperationalError) as error:
                log.error("what is granted is not live yet: %s", error)
            await asyncio.sleep(RETRY)

    async def _found(
        self, connection: AsyncConnection, registration: Registration, answers: Answers
    ) -> Submission | None:
        server, mark = registration.manifest.name, substance(registration, answers)
        for state in ("open", "granted"):
            if (waits := await reviews.same(connection, server, mark, state)) is not None:
                return waits
        live = await reviews.same(connection, server, mark, "live")
        ground = await artefacts.ground(connection, ENVIRONMENT, server)
        return live if live and ground and self._still_good(ground) else None

    def _still_good(self, ground: Ground) -> bool:
        end = artefacts.opened(ground.signed).not_after if ground.signed else 0
        return end - self.clock() > DAYS * DAY / 2

    async def _opened(
        self,
        connection: AsyncConnection,
        registration: Registration,
        answers: Answers,
        *,
        by: str,
        links: Mapping[Kind, str],
    ) -> Submission:
        server, now = registration.manifest.name, self.clock()
        for older in await reviews.listed(connection, states=("open",), server=server):
            await reviews.move(connection, older.id, from_="open", to="superseded", now=now)
            await telling.superseded(connection, older, by=by, now=now)
        ground = await artefacts.ground(connection, ENVIRONMENT, server)
        why: Why = "new" if ground is None or ground.signed is None else "changed"
        if ground and await reviews.same(connection, server, substance(registration, answers), "live"):
            why = "renewal"
        number = await reviews.add(connection, registration, answers, why=why, by=by, links=links, now=now)
        opened = await self._must_find(connection, number)
        await telling.opened(connection, opened, now=now)
        return opened

    async def _decide(self, connection: AsyncConnection, number: int, decision: Decision, who: Principal) -> None:
        submission, now = await self._must_find(connection, number), self.clock()
        ticket = _ticket(submission, decision.kind)
        decided = replace(
            ticket, state=_STATE[decision.says], reviewer=who.subject, reason=decision.reason,
            narrowing=decision.narrowing, decided_at=now, link=decision.link or ticket.link,
        )  # fmt: skip
        if replace(decided, decided_at=ticket.decided_at) == ticket:
            return  # the same word again
        _may(submission, ticket, decision, who)
        after = _with(submission, decided)
        if decided.given:
            self._fits(after, decision.narrowing)
        await reviews.decide(connection, number, decided)
        await telling.decided(connection, after, decided, now=now)
        if decided.state == "refused":
            await reviews.move(connection, number, from_="open", to="refused", now=now)
            await telling.closed(connection, after, "refused", now=now)
        elif all(each.given for each in after.tickets):
            await reviews.move(connection, number, from_="open", to="granted", now=now)

    def _fits(self, submission: Submission, narrowing: Narrowing) -> None:
        now = int(self.clock())
        strange = widened(wish(submission.registration, now=now), narrowing)
        if strange is not None:
            raise _invalid("registry/narrow-only", f"a review takes away and never adds: {strange}", submission)
        if narrowing.until is not None and narrowing.until <= now:
            raise _invalid("registry/review-expiry", "the day to look again is past: name a later one", submission)
        try:
            compiled(submission, now=now)
        except NothingLeft as error:
            detail = f"{error}, with what other reviews take away: refuse it instead"
            raise _invalid("registry/nothing-left", detail, submission) from None

    async def _must_find(self, connection: AsyncConnection, number: int) -> Submission:
        found = await reviews.one(connection, number)
        if found is None:
            raise Refused(code="not_found", rule="registry/review", detail=f"there is no review {number}")
        return found


def _ticket(submission: Submission, kind: Kind) -> Ticket:
    ticket = submission.ticket(kind)
    if ticket is None:
        detail = f"review {submission.id} needs no {kind} review, by the owner's answers"
        raise Refused(code="not_found", rule="registry/review-kind", detail=detail, server=submission.server)
    return ticket


def _may(submission: Submission, ticket: Ticket, decision: Decision, who: Principal) -> None:
    """Return if this decision can be taken, else raise `Refused`."""
    if who.subject == submission.submitted_by or owns(who, submission.manifest):
        detail = f"{who.subject} answers for {submission.server}: nobody reviews their own server"
        raise Refused(code="authorization_denied", rule="registry/own-server", detail=detail, server=submission.server)
    if submission.state != "open":
        raise _too_late(submission, f"review {submission.id} is {submission.state}: nothing is decided on it any more")
    if ticket.state != "open":
        by = ticket.reviewer or "the owner's answers"
        raise _too_late(submission, f"{ticket.name} was decided by {by}: {ticket.state}")
    if decision.contract_digest != submission.contract_digest:
        detail = f"you looked at the contract {decision.contract_digest}, and {submission.contract_digest} is asked for"
        raise Refused(code="contract_differs", rule="registry/contract", detail=detail, server=submission.server)
    if decision.says != "grant" and not decision.reason.strip():
        raise _invalid("registry/review-reason", "say why: the owner reads it, and the audit log keeps it", submission)
    if decision.says == "not_applicable" and decision.kind == "security":
        raise _invalid("registry/review-kind", "a security review always applies: grant it or refuse it", submission)


def _with(submission: Submission, decided: Ticket) -> Submission:
    others = (decided if each.kind == decided.kind else each for each in submission.tickets)
    return replace(submission, tickets=tuple(others))


def _too_late(submission: Submission, detail: str) -> Refused:
    return Refused(code="not_open", rule="registry/review-open", detail=detail, server=submission.server)


def _invalid(rule: str, detail: str, submission: Submission) -> Refused:
    return Refused(code="invalid", rule=rule, detail=detail, server=submission.server)
