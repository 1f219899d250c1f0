"""Who may read an approval and who may answer it: the person whom it asks, and nobody else."""

from typing import Literal

from platform_core.approval.record import Answer, Approval
from registry.parts import Parts
from registry.refused import Refused
from registry.store.sessions import SignedIn

Said = Literal["grant", "decline"]
_ANSWERS: dict[Said, Answer] = {"grant": "granted", "decline": "declined"}


async def find(parts: Parts, reader: SignedIn, id: str) -> Approval:
    """The approval, for the person whom it asks; to everybody else there is none. Raises `Refused`."""
    found = await parts.approvals.read(id, now=parts.clock())
    if found is None or found.bound.subject != reader.person.subject:
        raise Refused(
            code="not_found", rule="registry/your-approval", detail="it was never asked, or it asks somebody else"
        )
    return found


async def answer(parts: Parts, reader: SignedIn, id: str, said: Said) -> None:
    """Take down what the person said on the page. A question is answered once: a later answer changes nothing."""
    found = await find(parts, reader, id)
    await parts.approvals.answer(found.id, _ANSWERS[said], on="page", now=parts.clock())
