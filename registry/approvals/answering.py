"""Who may read an approval and who may answer it: the person whom it asks, and the group that it names."""

from collections.abc import Sequence
from typing import Literal

from platform_core.approval.record import Answer, Approval
from platform_core.auth.principal import Principal
from platform_core.policy.artefact import Environment
from registry.parts import Parts
from registry.refused import Refused
from registry.store import approvals
from registry.store.sessions import SignedIn

Said = Literal["grant", "decline"]
_ANSWERS: dict[Said, Answer] = {"grant": "granted", "decline": "declined"}


def may_answer(asked: Approval, who: Principal) -> bool:
    """Whether the question asks `who`."""
    return asked.bound.subject == who.subject or asked.shown.approvers in who.groups


async def find(parts: Parts, who: Principal, id: str) -> Approval:
    """The approval, for somebody whom it asks; to everybody else there is none. Raises `Refused`."""
    found = await parts.approvals.read(id, now=parts.clock())
    if found is None or not may_answer(found, who):
        raise Refused(
            code="not_found", rule="registry/your-approval", detail="it was never asked, or it asks somebody else"
        )
    return found


async def waiting(parts: Parts, who: Principal) -> list[Approval]:
    """What asks `who` now, oldest first."""
    async with parts.database.reading() as connection:
        return await approvals.waiting(connection, who.subject, who.groups, now=parts.clock())


async def batch(parts: Parts, who: Principal, environment: Environment, server: str) -> Sequence[Approval]:
    """What one server asks `who` now, in the order of asking."""
    async with parts.database.reading() as connection:
        return await approvals.of_one_server(connection, who.subject, environment, server, now=parts.clock())


async def answer(parts: Parts, reader: SignedIn, id: str, said: Said) -> None:
    """Take down what the person said on the page. A question is answered once: a later answer changes nothing."""
    await answer_all(parts, reader, {id: said})


async def answer_all(parts: Parts, reader: SignedIn, said: dict[str, Said]) -> None:
    """Take down several answers at once, in their order. Either all of them may be given, or none is."""
    for id in said:
        found = await find(parts, reader.person, id)
        if said[id] == "grant":
            await _must_be_open(parts, reader.person, found.bound.environment)
    decisions: list[tuple[str, Answer]] = [(id, _ANSWERS[one]) for id, one in said.items()]
    await parts.approvals.decide(decisions, by=reader.person.subject)


async def _must_be_open(parts: Parts, who: Principal, environment: Environment) -> None:
    if await parts.suspending.suspends(who, environment):
        detail = "your access is suspended, so you can decline this and not allow it"
        raise Refused(code="authorization_denied", rule="registry/suspended", detail=detail)
