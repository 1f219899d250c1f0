"""A page in pieces that can be found and cited: cut at its headings, and long sections at their paragraphs."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt

LONGEST = 1_200
"""Characters of a passage: about what the encoder reads of one, its title and headings included."""
_HEADINGS = " > "
_markdown = MarkdownIt("commonmark")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """One passage of a page."""

    anchor: str
    """Its place in the page, in words: the same after an edit elsewhere."""
    headings: tuple[str, ...]
    text: str

    def embedded(self, title: str) -> str:
        return embedded(title, self.headings, self.text)


def embedded(title: str, headings: Sequence[str], text: str) -> str:
    """What is encoded and indexed of a passage: without its title and headings it says less than it means."""
    return f"{_HEADINGS.join((title, *headings))}\n{text}"


@dataclass(frozen=True, slots=True)
class _Section:
    headings: tuple[str, ...]
    lines: list[str]


def chunks(title: str, text: str) -> list[Chunk]:
    """The passages of a page in Markdown, in their order."""
    found: list[Chunk] = []
    seen: Counter[str] = Counter()
    for section in _sections(title, text):
        for piece in _pieces("\n".join(section.lines)):
            name = "/".join(filter(None, map(slug, section.headings))) or "top"
            seen[name] += 1
            anchor = name if seen[name] == 1 else f"{name}~{seen[name]}"
            found.append(Chunk(anchor=anchor, headings=section.headings, text=piece))
    return found


def slug(words: str) -> str:
    """`words` as a part of an id."""
    return re.sub(r"[^\w]+", "-", words.casefold()).strip("-")[:60]


def _sections(title: str, text: str) -> Iterator[_Section]:
    """The text between headings; a `#` in a block of code is none, and the title is said already."""
    lines = text.split("\n")
    trail: list[tuple[int, str]] = []
    start = 0
    tokens = _markdown.parse(text)
    for place, token in enumerate(tokens):
        if token.type != "heading_open" or token.map is None or token.level:
            continue
        yield _Section(tuple(words for _, words in trail), lines[start : token.map[0]])
        depth, words = int(token.tag[1:]), tokens[place + 1].content.strip()
        trail = [each for each in trail if each[0] < depth]
        trail += [] if words == title and not trail else [(depth, words)]
        start = token.map[1]
    yield _Section(tuple(words for _, words in trail), lines[start:])


def _pieces(text: str) -> Iterator[str]:
    """Paragraphs put together until they are as long as a passage may be."""
    kept = ""
    for paragraph in filter(None, (part.strip("\n") for part in re.split(r"\n\s*\n", text))):
        for part in _cut(paragraph):
            if kept and len(kept) + len(part) > LONGEST:
                yield kept
                kept = ""
            kept = f"{kept}\n\n{part}" if kept else part
    if kept.strip():
        yield kept


def _cut(paragraph: str) -> Iterator[str]:
    """A paragraph that is too long, at a line's or word's end."""
    while len(paragraph) > LONGEST:
        end = max(paragraph.rfind("\n", 1, LONGEST), paragraph.rfind(" ", LONGEST // 2, LONGEST))
        end = end if end > 0 else LONGEST
        yield paragraph[:end]
        paragraph = paragraph[end:].lstrip()
    if paragraph.strip():
        yield paragraph
