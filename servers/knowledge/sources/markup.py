"""Markdown and plain text, as they are."""

from servers.knowledge.sources import head
from servers.knowledge.sources.page import Unreadable

Converted = tuple[head.Head, str, str]
"""What a file says of itself, its title, and its text in Markdown."""


def decoded(raw: bytes) -> str:
    """The text of a file that should be UTF-8; what is not is read as what it can be, never dropped in silence."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = raw.decode("utf-16", "replace")
    else:
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = raw.decode("cp1252", "replace")
    if "\x00" in text:
        raise Unreadable("it is no text, whatever its name says")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def markdown(raw: bytes) -> Converted:
    said, text = head.parted(decoded(raw))
    lines = (line[2:].strip() for line in text.splitlines() if line.startswith("# "))
    return said, next(lines, ""), text
