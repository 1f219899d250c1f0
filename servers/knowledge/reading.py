"""A passage in its place, a section, or a document page by page."""

from collections.abc import Sequence

from platform_core import Invalid
from servers.knowledge import flags
from servers.knowledge.answers import Text, started
from servers.knowledge.index.catalogue import Passage
from servers.knowledge.references import Ref, document_ref, parsed, passage_ref
from servers.knowledge.session import Session

PAGE = 6_000
"""Characters of one answer."""


async def read(knowledge: Session, id: str, section: str, cursor: str) -> Text:
    """The text around a passage, of a section, or from the beginning."""
    return await knowledge.in_thread(lambda: _read(knowledge, id, section, cursor))


def _read(knowledge: Session, id: str, section: str, cursor: str) -> Text:
    everything = knowledge.document(id)
    cited, said = _cited(everything, parsed(id))
    pieces = _section(everything, section) if section.strip() else everything
    start = started(cursor, len(pieces)) if cursor else _around(pieces, cited)
    return _text(knowledge, everything, pieces, start, cited, said)


def _cited(everything: Sequence[Passage], ref: Ref) -> tuple[Passage | None, str]:
    """The passage that was cited, and whether it still says what it said."""
    if not ref.anchor:
        return None, ""
    named = next((each for each in everything if each.anchor == ref.anchor), None)
    same = next((each for each in everything if ref.hash and each.hash.startswith(ref.hash)), None)
    if named is None and same is None:
        return None, "The cited passage is gone; this is the document as it is now."
    if same is not None:
        return same, "" if same is named else f"The cited passage stands at #{same.anchor} now, with the same words."
    return named, "The cited passage has changed since it was cited." if ref.hash else ""


def _section(everything: Sequence[Passage], section: str) -> list[Passage]:
    wanted = " ".join(section.casefold().split())
    found = [
        each for each in everything if any(wanted == " ".join(words.casefold().split()) for words in each.headings)
    ]
    found = found or [each for each in everything if any(wanted in words.casefold() for words in each.headings)]
    if not found:
        raise Invalid(f"It has no section {section!r}. Its sections: {', '.join(_sections(everything)) or 'none'}.")
    return found


def _sections(everything: Sequence[Passage]) -> list[str]:
    return list(dict.fromkeys(words for each in everything for words in each.headings))


def _around(pieces: Sequence[Passage], cited: Passage | None) -> int:
    """Where to begin, so that the cited passage has something before it."""
    place = next((at for at, each in enumerate(pieces) if cited is not None and each.key == cited.key), 0)
    return max(place - 1, 0)


def _text(
    knowledge: Session, everything: Sequence[Passage], pieces: Sequence[Passage], start: int, cited: Passage | None,
    said: str,
) -> Text:  # fmt: skip
    end, size = start, 0
    while end < len(pieces) and (end == start or size + len(pieces[end].text) <= PAGE):
        size += len(pieces[end].text)
        end += 1
    document = pieces[start].document
    told = flags.of_document(knowledge, document)
    part = f"Passages {start + 1} to {end} of {len(pieces)}."
    return Text(
        id=passage_ref(cited) if cited else document_ref(document.id),
        title=document.title,
        url=document.url,
        owner=document.owner,
        updated=document.updated,
        hash=(cited.hash if cited else document.hash)[:8],
        flags=list(told.flags),
        why=list(told.why),
        why_visible=told.why_visible,
        note=" ".join(filter(None, (said, part))),
        sections=_sections(everything),
        text=_joined(pieces[start:end]),  # type: ignore[arg-type]  # its type fences it
        next_cursor=str(end) if end < len(pieces) else None,
    )


def _joined(pieces: Sequence[Passage]) -> str:
    lines: list[str] = []
    before: tuple[str, ...] = ()
    for piece in pieces:
        if piece.headings != before and piece.headings:
            lines.append(f"{'#' * min(len(piece.headings) + 1, 6)} {piece.headings[-1]}")
        lines.append(piece.text)
        before = piece.headings
    return "\n\n".join(lines)
