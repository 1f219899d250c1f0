"""What there is, as far as the person may read it."""

from servers.knowledge.answers import SourceFacts, Sources
from servers.knowledge.index import catalogue
from servers.knowledge.session import Session


async def sources(knowledge: Session) -> Sources:
    """The sources of which the person may read at least one document."""
    return await knowledge.in_thread(lambda: _sources(knowledge))


def _sources(knowledge: Session) -> Sources:
    with knowledge.index.catalogue.reading() as db:
        noted = {row["name"]: row for row in catalogue.noted_sources(db)}
        open_gaps = knowledge.tickets.open_by_document()
        mine = catalogue.sources_of(db, open_gaps, knowledge.reach.passages)
    gaps: dict[str, int] = {}
    for document, source in mine.items():
        gaps[source] = gaps.get(source, 0) + open_gaps[document]
    facts = [
        SourceFacts(
            name=name,
            title=noted[name]["title"] if name in noted else name,
            owner=noted[name]["owner"] if name in noted else "",
            documents=number,
            synced=noted[name]["synced"] if name in noted else "",
            gaps=gaps.get(name, 0),
        )
        for name, number in sorted(knowledge.reach.documents.items())
    ]
    return Sources(note=f"{len(facts)} sources that you may search.", sources=facts)
