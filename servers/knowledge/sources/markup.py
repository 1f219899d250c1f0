"""Markdown, text and HTML brought to Markdown."""

from collections.abc import Callable

from servers.knowledge.sources import head
from servers.knowledge.sources.page import Unreadable


def decoded(raw: bytes) -> str:
    """The text of a file that should be UTF-8; what is not is read by what it can be, never dropped in silence."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", "replace")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", "replace")
    if "\x00" in text:
        raise Unreadable("it is no text, whatever its name says")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def markdown(raw: bytes) -> tuple[head.Head, str, str]:
    said, text = head.parted(decoded(raw))
    return said, _first_heading(text), text


def _first_heading(text: str) -> str:
    for line in text.splitlines():
        if line.startswith("# "):
            return line[2:].strip()
    return ""


CONVERTERS: dict[str, Callable[[bytes], tuple[head.Head, str, str]]] = {".md": markdown, ".txt": markdown}
