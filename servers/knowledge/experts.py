"""Who knows about a topic: the owners of what is written about it."""

from dataclasses import dataclass, field

from platform_core import Invalid
from servers.knowledge.answers import Expert, Experts
from servers.knowledge.index.catalogue import Document
from servers.knowledge.references import document_ref
from servers.knowledge.searching import coverage, ranked
from servers.knowledge.session import Session

DEPTH = 30
"""Passages that speak for somebody."""
PEOPLE, EVIDENCE = 5, 3


@dataclass
class _Standing:
    score: float = 0.0
    team: str = ""
    documents: dict[str, Document] = field(default_factory=dict[str, Document])


async def find(knowledge: Session, topic: str) -> Experts:
    """People with the documents that show it; out of documents that the asker may read, and without who opted out."""
    if not topic.strip():
        raise Invalid("There is no topic: write what the people should know about.")
    return await knowledge.in_thread(lambda: _find(knowledge, topic))


def _find(knowledge: Session, topic: str) -> Experts:
    found = ranked(knowledge, topic, DEPTH)
    if coverage(knowledge, found.best).verdict == "off_topic":
        return Experts(note="Nothing that you may read is about this topic, so nobody is named.", people=[])
    people: dict[str, _Standing] = {}
    for rank, passage in enumerate(found.passages[:DEPTH], start=1):
        document = passage.document
        if not document.owner or document.owner in knowledge.settings.opted_out:
            continue
        standing = people.setdefault(document.owner, _Standing(team=document.team))
        standing.documents.setdefault(document.id, document)
        standing.score += 1 / (knowledge.settings.rrf_k + rank)
    best = sorted(people.items(), key=lambda each: (-each[1].score, each[0]))[:PEOPLE]
    return Experts(
        note=f"{len(best)} people own what is written about it, those with most to show first.",
        people=[_expert(login, standing) for login, standing in best],
    )


def _expert(login: str, standing: _Standing) -> Expert:
    shown = list(standing.documents.values())[:EVIDENCE]
    return Expert(
        login=login,
        team=standing.team,
        evidence=[f"{document.title}, {document_ref(document.id)}" for document in shown],
    )
