"""The approvals of every server: each step is one transaction, with its line of the audit log and its notices."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from platform_core.approval.record import Answer, Approval, Way
from registry.approvals.bell import Bell
from registry.store import approvals, audit, notices
from registry.store.database import Database
from registry.store.notices import Audience

LONGEST = 3600.0
"""Seconds that a question or a yes may live, whatever its server says."""
_ACTS: dict[Answer, str] = {
    "granted": "approval.granted", "declined": "approval.declined", "expired": "approval.closed",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Keeping:
    """The port that servers ask, and the way in for answers on the page. The registry's clock is the only one."""

    database: Database
    bell: Bell
    clock: Callable[[], float]

    async def ask(self, fresh: Approval) -> Approval:
        now = self.clock()
        lifetime = min(fresh.expires_at - fresh.asked_at, LONGEST)
        fresh = msgspec.structs.replace(fresh, asked_at=now, expires_at=now + lifetime)
        async with self.database.writing() as connection:
            kept, ended = await approvals.ask(connection, fresh)
            if ended is not None:
                await _settle(connection, ended.id, now)
            if kept.id == fresh.id:
                await _tell(connection, kept, now)
        self.bell.ring()
        return kept

    async def read(self, id: str, *, now: float) -> Approval | None:
        async with self.database.reading() as connection:
            return await approvals.read(connection, id, now=self.clock())

    async def answer(self, id: str, answer: Answer, *, on: Way, now: float) -> bool:
        """The answer of the person who is asked; where somebody else may have answered, `decide` says who it was."""
        asked = await self.read(id, now=now)
        return asked is not None and bool(await self.decide([(id, answer)], by=asked.bound.subject, on=on))

    async def decide(self, said: Sequence[tuple[str, Answer]], *, by: str, on: Way = "page") -> list[str]:
        """Take several answers at once; returns the ids that were taken. What is allowed runs in this order."""
        now, taken, before = self.clock(), list[str](), None
        async with self.database.writing() as connection:
            for id, answer in said:
                after = before if answer == "granted" else None
                if await approvals.answer(connection, id, answer, by=by, on=on, now=now, after=after):
                    taken.append(id)
                    before = id if answer == "granted" else before
                    await _settle(connection, id, now)
                    await self._audit(connection, id, _ACTS[answer], by, now)
        self.bell.ring()
        return taken

    async def consume(self, id: str, *, now: float) -> bool:
        async with self.database.writing() as connection:
            taken = await approvals.consume(connection, id, now=self.clock())
            if taken:
                await self._audit(connection, id, "approval.used", None, self.clock())
        self.bell.ring()
        return taken

    async def refer(self, id: str, reference: str, *, now: float) -> None:
        async with self.database.writing() as connection:
            await approvals.refer(connection, id, reference)
        self.bell.ring()

    async def end(self, id: str, how: Literal["done", "unknown"], *, now: float) -> None:
        async with self.database.writing() as connection:
            await approvals.end(connection, id, how, now=self.clock())
        self.bell.ring()

    async def close(self) -> None:
        self.bell.close()

    async def run_out(self) -> None:
        """Write down what has ended by itself."""
        now = self.clock()
        async with self.database.reading() as connection:
            if not await approvals.any_has_run_out(connection, now=now):
                return
        async with self.database.writing() as connection:
            for id in await approvals.run_out(connection, now=now):
                await _settle(connection, id, now)
        self.bell.ring()

    async def _audit(self, connection: AsyncConnection, id: str, act: str, by: str | None, now: float) -> None:
        asked = await approvals.read(connection, id, now=now)
        if asked is None:
            return
        bound = asked.bound
        detail = {
            "approval": id, "environment": bound.environment, "tool": bound.tool, "subject": bound.subject,
            "client": bound.client, "surface": bound.surface, "agent": asked.agent, "contract": bound.contract,
            "arguments": bound.arguments, "trace_id": asked.trace_id, "on": asked.answered_on, "after": asked.after,
        }  # fmt: skip
        shown = {} if by is None else {"shown": msgspec.to_builtins(asked.shown)}
        actor = by or bound.subject
        await audit.append(connection, act=act, actor=actor, about=bound.server, detail=detail | shown, now=now)


async def _tell(connection: AsyncConnection, asked: Approval, now: float) -> None:
    bound, shown = asked.bound, asked.shown
    others = [Audience("group", shown.approvers)] if shown.approvers else []
    for to in (Audience("person", bound.subject), *others):
        await notices.post(
            connection, kind="approval.waits", to=to, about=asked.id, text=f"{shown.title} asks: {shown.question}",
            link=f"/approvals/{asked.id}", now=now,
        )  # fmt: skip


async def _settle(connection: AsyncConnection, id: str, now: float) -> None:
    await notices.settle(connection, kind="approval.waits", about=id, now=now)
