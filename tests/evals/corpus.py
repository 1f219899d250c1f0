"""The demo corpus as the server reads it, without an index."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from servers.knowledge.index.chunks import chunks
from servers.knowledge.sources.configured import sources
from servers.knowledge.sources.page import Page, Source

CORPUS = Path(__file__).parents[2] / "servers/knowledge/corpus"


def folders() -> list[Source]:
    """The sources of the demo that lie in the repository."""
    named = {folder.name for folder in CORPUS.iterdir() if folder.is_dir()}
    return [source for source in sources(CORPUS.with_name("demo.yaml")) if source.name in named]


@cache
def pages() -> tuple[Page, ...]:
    """Every page of them."""
    return tuple(place.read() for source in folders() for place in source.places())


def section(page: str, title: str, headings: Sequence[str]) -> str:
    """What judgements call a section: `page#heading`; the page alone above its first heading."""
    inside = [heading for heading in headings if heading != title]
    return f"{page}#{inside[-1]}" if inside else page


def sections(page: Page) -> set[str]:
    """All of a page."""
    return {section(page.name, page.title, chunk.headings) for chunk in chunks(page.title, page.text)}


def passages() -> list[tuple[str, str, str]]:
    """Of every passage its page, its text, and what is encoded of it."""
    return [
        (page.name, chunk.text, chunk.embedded(page.title))
        for page in pages()
        for chunk in chunks(page.title, page.text)
    ]
