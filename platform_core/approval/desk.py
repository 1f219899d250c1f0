"""Where the questions of one server are asked, answered and used up."""

import logging
import secrets
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal

import anyio

from platform_core.approval.question import Gated, Question
from platform_core.approval.record import Answer, Approval, Bound, Way
from platform_core.approval.refusals import nobody_to_ask, out_of_turn, spent, too_many
from platform_core.approval.store import Approvals, TooManyWait
from platform_core.approval.wording import arguments_of, shown_of
from platform_core.call import Call
from platform_core.errors import DomainError, Unavailable
from platform_core.policy.artefact import Environment

LOOK_AGAIN = 0.25
"""Seconds between two looks at an approval whose person is reading the page."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The approvals of one server in one environment."""

    store: Approvals
    environment: Environment
    server: str
    title: str
    contract: str
    pages: str | None
    """Where the registry's pages are; None for an experiment, which can ask by form alone."""
    keys: tuple[str, ...] | None = None
    """What replicas seal by that a client carries from a question to its answer; None: made at the start."""
    lifetime: float = 600
    patience: float = 20
    clock: Callable[[], float] = time.time

    async def ask(
        self,
        call: Call,
        tool: Gated,
        arguments: dict[str, object],
        question: Question,
        *,
        agent: str | None,
        approvers: str | None = None,
    ) -> Approval:
        """Return what became of this very question, or ask it. Raises `DomainError` where it can't be asked."""
        who = call.principal
        if who.kind != "person":
            raise nobody_to_ask(tool.name)
        plain, arguments_digest = arguments_of(arguments)
        now = self.clock()
        bound = Bound.to(
            who, environment=self.environment, server=self.server, tool=tool.name, contract=self.contract,
            arguments=arguments_digest,
        )  # fmt: skip
        shown = shown_of(question, tool, plain, title=self.title, approvers=approvers)
        fresh = Approval(
            id=secrets.token_hex(16), bound=bound, shown=shown, state="pending", asked_at=now, agent=agent,
            expires_at=now + self.lifetime, trace_id=call.trace_id,
        )  # fmt: skip
        try:
            return await self.store.ask(fresh)
        except TooManyWait as full:
            raise too_many(full.waiting, [self.url(one) for one in full.waiting] if self.pages else []) from None

    def url(self, approval: Approval) -> str:
        """Where its person can answer it."""
        return f"{self.pages}/approvals/{approval.id}"

    async def answer(self, approval: Approval, answer: Answer, *, on: Way) -> bool:
        """Take down what the person said; False where the question was answered or has ended meanwhile."""
        return await self.store.answer(approval.id, answer, on=on, now=self.clock())

    async def answered(self, approval: Approval) -> Approval:
        """The approval as soon as it is answered, or as it is when our patience ends."""
        with anyio.move_on_after(self.patience):
            while approval.state == "pending":
                await anyio.sleep(LOOK_AGAIN)
                approval = await self._read(approval.id) or approval
        return approval

    @asynccontextmanager
    async def running(self, approval: Approval) -> AsyncGenerator[None]:
        """Use the yes up, once among all replicas, and note how what it allowed has ended."""
        first, used = await self._turn(approval), False
        with anyio.CancelScope(shield=True):  # whoever hangs up now must not leave a yes that is half used
            used = await self.store.consume(approval.id, now=self.clock())
        if not used:
            raise out_of_turn(approval, first) if first else spent(approval)
        mark, how = _running.set((self, approval)), "unknown"
        try:
            yield
            how = "done"
        except Unavailable:
            raise  # the outside failed in the middle: what it did, nobody knows
        except DomainError:
            how = "done"
            raise
        finally:
            _running.reset(mark)
            with anyio.CancelScope(shield=True):
                await self._ended(approval, "done" if how == "done" else "unknown")

    async def _turn(self, approval: Approval) -> Approval | None:
        """Wait for the end of the call that goes first; returns that one where its end does not come."""
        if approval.after is None:
            return None
        first = await self._read(approval.after)
        with anyio.move_on_after(self.patience):
            while first and first.state in ("granted", "consumed"):
                await anyio.sleep(LOOK_AGAIN)
                first = await self._read(approval.after)
        return None if first is None or first.state == "done" else first

    async def _read(self, id: str) -> Approval | None:
        return await self.store.read(id, now=self.clock())

    async def _ended(self, approval: Approval, how: Literal["done", "unknown"]) -> None:
        try:
            await self.store.end(approval.id, how, now=self.clock())
        except Unavailable:
            # It has happened; the record stays at "consumed", which becomes "unknown" and never runs again.
            log.exception("the end of approval %s (%s) can't be kept", approval.id, how)


_running: ContextVar[tuple[Desk, Approval]] = ContextVar("seedbed_approval")


async def began(reference: str) -> None:
    """Note by which id the backend knows what an approved tool has begun, so that its end can be looked up there."""
    if (here := _running.get(None)) is None:
        return
    desk, approval = here
    try:
        await desk.store.refer(approval.id, reference, now=desk.clock())
    except Unavailable:
        log.exception("approval %s began %s, and that can't be kept", approval.id, reference)
