"""The corpus's PDF and Word document, the same bytes at each run: `python -m tests.evals.printed` writes them."""

import io
import zipfile
from pathlib import Path
from textwrap import wrap
from xml.sax.saxutils import escape

from tests.evals.corpus import CORPUS

HERE = Path(__file__).parent
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES, _RELATIONS = f"{_PACKAGE}/content-types", f"{_PACKAGE}/relationships"
_RELS_TYPE = "application/vnd.openxmlformats-package.relationships+xml"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_MAIN_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_STYLES_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"
_NORMAL = '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>'
_WIDTH = 84
"""Characters of a line on paper."""


def pdf(text: str) -> bytes:
    """One page of paper with the text on it, in Helvetica."""
    lines = [(_size(line), part) for line in text.splitlines() for part in wrap(line.lstrip("# "), _WIDTH) or [""]]
    shown = "\n".join(f"/F1 {size} Tf ({_quoted(part)}) Tj T*" for size, part in lines)
    content = f"BT 56 780 Td 15 TL\n{shown}\nET".encode("cp1252")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R"
        b" /Resources << /Font << /F1 4 0 R >> >> >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
    ]
    return _filed(objects)


def docx(text: str) -> bytes:
    """A Word document with headings."""
    body = "".join(_paragraph(line) for line in text.splitlines() if line)
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_TYPES}"><Default Extension="rels" ContentType="{_RELS_TYPE}"/>'
        f'<Override PartName="/word/document.xml" ContentType="{_MAIN_TYPE}"/>'
        f'<Override PartName="/word/styles.xml" ContentType="{_STYLES_TYPE}"/></Types>',
        "_rels/.rels": _relations(f"{_OFFICE}/officeDocument", "word/document.xml"),
        "word/_rels/document.xml.rels": _relations(f"{_OFFICE}/styles", "styles.xml"),
        "word/styles.xml": f'<w:styles xmlns:w="{_WORD}">{_NORMAL}{_style(1)}{_style(2)}</w:styles>',
        "word/document.xml": f'<w:document xmlns:w="{_WORD}"><w:body>{body}</w:body></w:document>',
    }
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        for name, xml in parts.items():
            archive.writestr(zipfile.ZipInfo(name), f'<?xml version="1.0" encoding="UTF-8"?>\n{xml}')
    return kept.getvalue()


def _size(line: str) -> int:
    return {"# ": 18, "##": 13}.get(line[:2], 10)


def _quoted(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def _filed(objects: list[bytes]) -> bytes:
    """The objects with the table of where each begins."""
    whole, starts = b"%PDF-1.4\n", list[int]()
    for number, content in enumerate(objects, 1):
        starts.append(len(whole))
        whole += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % start for start in starts)
    count = len(objects) + 1
    tail = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (count, len(whole))
    return whole + b"xref\n0 %d\n0000000000 65535 f \n%s%s" % (count, table, tail)


def _relations(kind: str, target: str) -> str:
    one = f'<Relationship Id="rId1" Type="{kind}" Target="{target}"/>'
    return f'<Relationships xmlns="{_RELATIONS}">{one}</Relationships>'


def _style(depth: int) -> str:
    name = f'<w:name w:val="heading {depth}"/><w:pPr><w:outlineLvl w:val="{depth - 1}"/></w:pPr>'
    return f'<w:style w:type="paragraph" w:styleId="Heading{depth}">{name}</w:style>'


def _paragraph(line: str) -> str:
    depth = len(line) - len(line.lstrip("#"))
    style = f'<w:pPr><w:pStyle w:val="Heading{depth}"/></w:pPr>' if depth else ""
    return f"<w:p>{style}<w:r><w:t>{escape(line.lstrip('# '))}</w:t></w:r></w:p>"


def documents() -> dict[str, bytes]:
    """By their path in the corpus."""
    return {
        "handbook/evacuation.pdf": pdf((HERE / "evacuation.txt").read_text("utf-8")),
        "handbook/supplier-code.docx": docx((HERE / "supplier-code.txt").read_text("utf-8")),
    }


if __name__ == "__main__":
    for path, content in documents().items():
        (CORPUS / path).write_bytes(content)
