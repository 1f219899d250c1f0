"""What a person is asked before another one is notified in their name."""

import time

from platform_core import Caller, Question
from servers.knowledge.gaps.reporting import Gap, documents, owner, too_many
from servers.knowledge.gaps.tickets import Kind
from servers.knowledge.session import Knowledge


async def about_notifying(
    knowledge: Knowledge, caller: Caller, kind: Kind, query: str, passage_ids: list[str], comment: str
) -> Question | None:
    """Nobody is asked where nobody would be notified: a row in a table is all that happens then."""
    if knowledge.settings.webhook is None:
        return None
    gap = Gap(kind=kind, query=query, passage_ids=tuple(passage_ids), comment=comment)
    about = await documents(knowledge, gap)
    to = await owner(knowledge, gap, about)
    most = knowledge.settings.gaps_an_hour
    if not await knowledge.in_thread(lambda: knowledge.tickets.left(caller.subject, now=time.time(), most=most)):
        raise too_many(most)
    return Question(
        text=f"Tell {to} that something is {kind}: {query[:120]}",
        target=", ".join(document.id for document in about) or "nothing that is written yet",
        effect=f"{to} is notified, with your name, the question and your comment.",
    )
