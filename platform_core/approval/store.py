"""Where approvals are kept: the port, and what it may refuse."""

from typing import Literal, Protocol

from platform_core.approval.record import Answer, Approval, Way

AT_MOST = 5
"""Questions of one server that may wait for one person: more than a person reads."""
UNSEEN_SECONDS = 3600.0
"""After so long nobody will tell any more how a call ended that a yes began."""


class TooManyWait(Exception):
    """Nobody is asked a sixth question; the five that wait are `waiting`, oldest first."""

    def __init__(self, waiting: tuple[Approval, ...]) -> None:
        super().__init__(f"{len(waiting)} questions wait")
        self.waiting = waiting


class Approvals(Protocol):
    """A store of approvals that all replicas of a server and the registry share.

    Every change is one atomic step from a state that is named; a step that another took first is not taken again.
    Raises `Unavailable` where it can't be reached: then nothing may run.
    """

    async def ask(self, fresh: Approval) -> Approval:
        """Return what lives for the same call and was shown the same way (pending, granted or declined), or keep
        `fresh`, a pending one. What was shown differently ends here. Raises `TooManyWait`."""
        ...

    async def read(self, id: str, *, now: float) -> Approval | None:
        """The approval of that id, with the one that came before it."""
        ...

    async def answer(self, id: str, answer: Answer, *, on: Way, now: float) -> bool:
        """From pending to what the person said; False where it is not pending any more."""
        ...

    async def consume(self, id: str, *, now: float) -> bool:
        """From granted to consumed; True for one caller, once."""
        ...

    async def refer(self, id: str, reference: str, *, now: float) -> None:
        """Note the backend's id of what was begun."""
        ...

    async def end(self, id: str, how: Literal["done", "unknown"], *, now: float) -> None:
        """From consumed, or from unknown where somebody saw it after all, to how it ended."""
        ...

    async def close(self) -> None:
        """Let go of what is kept open."""
        ...
