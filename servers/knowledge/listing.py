"""What there is, as far as the person may read it."""

from servers.knowledge.answers import SourceFacts, Sources
from servers.knowledge.index import noted
from servers.knowledge.session import Session


async def sources(knowledge: Session) -> Sources:
    """The sources of which the person may read at least one document."""
    return await knowledge.in_thread(lambda: _sources(knowledge))


def _sources(knowledge: Session) -> Sources:
    with knowledge.index.catalogue.reading() as db:
        known = {row["name"]: row for row in noted.noted_sources(db)}
        open_gaps = knowledge.tickets.open_by_document()
        mine = noted.sources_of(db, open_gaps, knowledge.reach.passages)
    gaps: dict[str, int] = {}
    for document, source in mine.items():
        gaps[source] = gaps.get(source, 0) + open_gaps[document]
    facts = [
        SourceFacts(
            name=name,
            title=known[name]["title"] if name in known else name,
            owner=known[name]["owner"] if name in known else "",
            documents=number,
            synced=known[name]["synced"] if name in known else "",
            gaps=gaps.get(name, 0),
        )
        for name, number in sorted(knowledge.reach.documents.items())
    ]
    return Sources(note=f"{len(facts)} sources that you may search.", sources=facts)
