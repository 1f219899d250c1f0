"""PDF and Word, read in a process of their own: a file that is broken or made to harm ends that, and nothing else."""

import json
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping
from io import BytesIO
from types import MappingProxyType
from typing import Any

from servers.knowledge.sources import head
from servers.knowledge.sources.markup import Converted
from servers.knowledge.sources.page import Unreadable

SECONDS = 60
MEMORY = 2 << 30
MOST_TEXT = 5_000_000
"""Characters of a document's text."""


def pdf(raw: bytes) -> Converted:
    return _beside("pdf", raw)


def docx(raw: bytes) -> Converted:
    return _beside("docx", raw)


def _beside(kind: str, raw: bytes) -> Converted:
    command = [sys.executable, "-m", "servers.knowledge.sources.documents", kind]
    try:
        done = subprocess.run(command, input=raw, capture_output=True, timeout=SECONDS, check=False)  # noqa: S603  # our own module
    except subprocess.TimeoutExpired:
        raise Unreadable(f"it could not be read within {SECONDS} s") from None
    if done.returncode != 0:
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise Unreadable(f"it is no {kind} that can be read: {last[-1][:200] if last else 'the reader was killed'}")
    said = json.loads(done.stdout)
    if not said["text"].strip():
        raise Unreadable(
            "there is no text in it; a scan has to be read by eye, or by a program that recognises letters"
        )
    return head.Head(), said["title"], said["text"][:MOST_TEXT]


def _pdf_text(raw: bytes) -> Mapping[str, str]:
    from pypdf import PdfReader

    reader = PdfReader(BytesIO(raw))
    title = str((reader.metadata and reader.metadata.title) or "")
    pages = (f"## Page {number}\n\n{page.extract_text()}" for number, page in enumerate(reader.pages, start=1))
    return {"title": title, "text": "\n\n".join(pages)}


def _docx_text(raw: bytes) -> Mapping[str, str]:
    from docx import Document
    from docx.table import Table

    document = Document(BytesIO(raw))
    parts: list[str] = []
    for each in document.iter_inner_content():
        if isinstance(each, Table):
            parts.append("\n".join(" | ".join(cell.text.strip() for cell in row.cells) for row in each.rows))
        else:
            parts.append(_paragraph(each.text, (each.style.name if each.style else "") or ""))
    return {"title": document.core_properties.title or "", "text": "\n\n".join(filter(None, parts))}


def _paragraph(text: str, style: str) -> str:
    depth = style.removeprefix("Heading ")
    if style == "Title":
        return f"# {text}"
    if style.startswith("Heading ") and depth.isdecimal():
        return f"{'#' * min(int(depth), 6)} {text}"
    return f"- {text}" if style.startswith("List") else text


READERS: Mapping[str, Callable[[bytes], Mapping[str, Any]]] = MappingProxyType({"pdf": _pdf_text, "docx": _docx_text})


def _main() -> None:
    for limit, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, SECONDS)):
        resource.setrlimit(limit, (most, most))
    json.dump(dict(READERS[sys.argv[1]](sys.stdin.buffer.read())), sys.stdout)


if __name__ == "__main__":
    _main()
