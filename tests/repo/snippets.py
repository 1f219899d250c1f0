"""Code blocks of the documentation, by the words after their fence (CONTRIBUTING.md, "Documentation that runs")."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tests.repo.tree import ROOT, files

BLOCK = r"^```(\w+)(?: (\S+))?\n(.*?)^```$"
FENCE = re.compile(rf"{BLOCK}(?:\n\n```text prints\n(.*?)^```$)?", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """One code block: where it stands, its language, and what its fence promises of it."""

    where: str
    language: str
    promise: str
    text: str
    prints: tuple[str, ...] = ()
    """Lines that it prints, from a block `text prints` right below."""


def pages() -> tuple[str, ...]:
    """Every page of documentation."""
    return tuple(name for name in files() if name.endswith(".md"))


def snippets() -> tuple[Snippet, ...]:
    """Every block of every page."""
    return tuple(snippet for page in pages() for snippet in _snippets(page))


def _snippets(page: str) -> Iterator[Snippet]:
    text = (ROOT / page).read_text("utf-8")
    for hit in FENCE.finditer(text):
        language, promise, body, prints = hit.groups(default="")
        where = f"{page}:{text.count(chr(10), 0, hit.start()) + 1}"
        yield Snippet(where=where, language=language, promise=promise, text=body, prints=tuple(prints.splitlines()))
