"""A report: a ticket's row, and where a webhook is set, word to the owner."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass

from platform_core import Caller, Denied, Invalid, Unavailable
from platform_core.outgoing import Outgoing, OutgoingSettings
from platform_core.telemetry.redaction import redact
from servers.knowledge.answers import Reported
from servers.knowledge.gaps.tickets import Kind, Ticket
from servers.knowledge.index.catalogue import Document
from servers.knowledge.searching import ranked
from servers.knowledge.session import Session

TEAM = "platform"
"""Whom a report goes to that is about nobody's documents: the owner of this server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """What a reader reports, as they wrote it."""

    kind: Kind
    query: str
    passage_ids: tuple[str, ...] = ()
    comment: str = ""


async def report(knowledge: Session, caller: Caller, gap: Gap) -> Reported:
    """Open the ticket, and tell its owner where there is a way to."""
    about = await documents(knowledge, gap)
    to = await owner(knowledge, gap, about)
    ticket = Ticket(
        reporter=caller.subject,
        kind=gap.kind,
        query=redact(gap.query),
        documents=tuple(document.id for document in about),
        comment=redact(gap.comment),
        owner=to,
    )
    most = knowledge.settings.gaps_an_hour
    number = await knowledge.in_thread(lambda: knowledge.tickets.open(ticket, now=time.time(), most=most))
    if number is None:
        raise too_many(most)
    if knowledge.settings.webhook is None:
        return Reported(ticket=f"kb:gap/{number}", owner=to, note=f"A ticket for {to}; nobody was notified.")
    said = await _notified(knowledge, number, ticket)
    return Reported(
        ticket=f"kb:gap/{number}", owner=to, notified=said == "", note=said or f"A ticket, and word to {to}."
    )


async def documents(knowledge: Session, gap: Gap) -> Sequence[Document]:
    """The documents that it is about, each one that the person may read."""
    if not gap.query.strip():
        raise Invalid("Write in `query` what somebody wanted to know.")
    if gap.kind != "missing" and not gap.passage_ids:
        raise Invalid(f"Name in `passage_ids` what is {gap.kind}; `search` gives the ids.")
    return await knowledge.in_thread(
        lambda: [knowledge.document(name)[0].document for name in dict.fromkeys(gap.passage_ids)]
    )


async def owner(knowledge: Session, gap: Gap, about: Sequence[Document]) -> str:
    """Who answers for it: the documents' owner, else that of what comes nearest, else the team of this server."""
    if about:
        return about[0].owner or TEAM
    nearest = await knowledge.in_thread(lambda: ranked(knowledge, gap.query, 1).passages[:1])
    return next((passage.document.owner for passage in nearest if passage.document.owner), TEAM)


def too_many(most: int) -> Denied:
    return Denied(f"You have made {most} reports within an hour, which is the most; the next one can wait a little.")


async def _notified(knowledge: Session, number: int, ticket: Ticket) -> str:
    """Tell the webhook; what went wrong, if anything. The ticket stands either way."""
    url = knowledge.settings.webhook
    if url is None:
        return "nobody was notified"
    body = {
        "ticket": f"kb:gap/{number}",
        "kind": ticket.kind,
        "owner": ticket.owner,
        "reporter": ticket.reporter,
        "query": ticket.query,
        "documents": ticket.documents,
        "comment": ticket.comment,
    }
    sent = {"content-type": "application/json"}
    try:
        answer = await Outgoing(OutgoingSettings.load()).fetch(
            url.get_secret_value(), method="POST", body=json.dumps(body).encode(), headers=sent
        )
    except (Invalid, Unavailable) as error:
        return f"The ticket stands, and {ticket.owner} could not be notified: {error}"
    if answer.status >= 300:
        return f"The ticket stands, and {ticket.owner} could not be notified: the webhook answered {answer.status}."
    return ""
