"""Who may read an approval and who may answer it: the person whom it asks, in the registry's own browser session."""

import secrets
from typing import Literal

from platform_core.approval.record import Answer, Approval
from registry.oidc import CLIENT
from registry.parts import Parts
from registry.refused import Refused
from registry.store.sessions import SignedIn

ANSWERS: dict[Literal["grant", "decline"], Answer] = {"grant": "granted", "decline": "declined"}
SAME_PAGE = (None, "same-origin")
"""What a browser says (`Sec-Fetch-Site`) of a form on a page of ours; an old one says nothing, and has the token."""


async def find(parts: Parts, reader: SignedIn, id: str) -> Approval:
    """The approval, for the person whom it asks; to everybody else there is none. Raises `Refused`."""
    found = await parts.approvals.read(id, now=parts.clock())
    if found is None or found.bound.subject != reader.person.subject:
        raise Refused(
            code="not_found",
            rule="registry/your-approval",
            detail="it was never asked, or it asks somebody else",
        )
    return found


async def answer(
    parts: Parts, reader: SignedIn, id: str, said: Literal["grant", "decline"], *, csrf: str, sent_from: str | None
) -> None:
    """Take down what the person said, if they said it on the page itself. A question is answered once."""
    if reader.person.client != CLIENT or sent_from not in SAME_PAGE or not _same(csrf, reader.csrf):
        raise Refused(
            code="authorization_denied",
            rule="registry/own-page",
            detail="only the page of the question itself takes its answer, and another page sent this one",
        )
    found = await find(parts, reader, id)
    await parts.approvals.answer(found.id, ANSWERS[said], on="page", now=parts.clock())


def _same(one: str, other: str) -> bool:
    return secrets.compare_digest(one.encode(), other.encode())
