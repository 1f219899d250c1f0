"""A folder of documents, or a git checkout: Markdown, text, HTML, PDF and Word, read where they lie."""

import hashlib
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

from servers.knowledge.index.audience import NOBODY, Audience
from servers.knowledge.sources import documents, head, html, markup
from servers.knowledge.sources.page import Page, Place, SourceDown, Unreadable

MOST_BYTES = 20 << 20
"""Of one document: a longer one is no page that somebody reads."""
SIDECAR = ".meta.yaml"
"""`report.pdf.meta.yaml` says of `report.pdf` what front matter says of Markdown."""
READ_AS = 1
"""Counted up when the same bytes give another page: then everything is read anew."""
CONVERTERS: Mapping[str, Callable[[bytes], markup.Converted]] = MappingProxyType(
    {
        ".docx": documents.docx,
        ".htm": html.page,
        ".html": html.page,
        ".markdown": markup.markdown,
        ".md": markup.markdown,
        ".pdf": documents.pdf,
        ".txt": markup.markdown,
    }
)
_HEADLESS = frozenset({".docx", ".pdf"})
"""What can't say of itself who may read it."""
_SKIPPED = frozenset({".git", "node_modules", "__pycache__"})


@dataclass(frozen=True, kw_only=True)
class Folder:
    """Documents below one folder."""

    name: str
    title: str
    owner: str
    path: Path
    audience: Audience = NOBODY
    """Who may read what does not say so itself."""
    url: str = ""
    """Where people find a page, with {path} in it."""

    def places(self) -> Iterator[Place]:
        if not self.path.is_dir():
            raise SourceDown(f"there is no folder {self.path}")
        for path in sorted(below(self._root, CONVERTERS)):
            yield self._place(path)

    @cached_property
    def _root(self) -> Path:
        return self.path.resolve()

    def _place(self, path: Path) -> Place:
        key = path.relative_to(self._root).as_posix()
        try:
            raw = read_bytes(path)
            aside = _aside(path)
        except (OSError, Unreadable) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            return Place(key=key, fingerprint=f"unreadable: {reason}", read=partial(_fail, f"{reason}"))
        seen = hashlib.sha256(raw)
        seen.update(repr((READ_AS, aside, sorted(self.audience), self.url)).encode())
        return Place(key=key, fingerprint=seen.hexdigest(), read=partial(self._page, key, path))

    def _page(self, key: str, path: Path) -> Page:
        # Read once more: of all the places that there are, only what changed is held.
        try:
            raw, aside = read_bytes(path), _aside(path)
        except OSError as error:
            raise Unreadable(f"{error.strerror}") from None
        found, title, text = CONVERTERS[path.suffix.lower()](raw)
        said = head.parsed(markup.decoded(aside)) if aside is not None else found
        url = self.url.replace("{path}", quote(key)) if self.url else ""
        return said.page(title or path.stem, text, otherwise=self.audience, url=url, updated="")


def below(root: Path, suffixes: Collection[str]) -> Iterator[Path]:
    """Files that are really below `root`: no link leads out of it or in a circle."""
    pending = [str(root)]
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    pending += [] if entry.name in _SKIPPED else [entry.path]
                elif os.path.splitext(entry.name)[1].lower() in suffixes and _is_inside(root, entry):
                    yield Path(entry.path)


def _is_inside(root: Path, entry: "os.DirEntry[str]") -> bool:
    if not entry.is_symlink():
        return True
    path = Path(entry.path).resolve()
    return path.is_relative_to(root) and not path.is_dir()


def read_bytes(path: Path) -> bytes:
    """The bytes of a file, if it is of a size that somebody reads. Raises `Unreadable`."""
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise Unreadable(f"it has {size >> 20} MB, and {MOST_BYTES >> 20} is the most: split it, or leave it out")
    return path.read_bytes()


def _aside(path: Path) -> bytes | None:
    if path.suffix.lower() not in _HEADLESS:
        return None
    beside = path.with_name(path.name + SIDECAR)
    return read_bytes(beside) if beside.is_file() else None


def _fail(reason: str) -> Page:
    raise Unreadable(reason)
