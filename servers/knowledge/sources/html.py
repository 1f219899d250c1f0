"""HTML pages, also those of a wiki's export, brought to Markdown: what is read on them, without what is around it."""

import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from servers.knowledge.sources import head
from servers.knowledge.sources.markup import Converted
from servers.knowledge.sources.page import Unreadable

_LXML: Any = import_module("lxml.html")  # compiled, without types
_ETREE: Any = import_module("lxml.etree")
META = "kb:"
"""Before the names of a head's fields: `<meta name="kb:groups" content="support, platform">`."""
_AROUND = ("script", "style", "noscript", "template", "nav", "header", "footer", "aside", "form", "svg", "iframe")
_MAIN = ('//*[@id="main-content"]', "//main", "//article", "//body")
"""Where the text of a page stands; the first is Confluence's."""
_HEADINGS = {f"h{depth}": depth for depth in range(1, 7)}
_DEEPEST = 200


def page(raw: bytes) -> Converted:
    """The page of an HTML file, in the encoding that it names or is seen to be in."""
    try:
        tree: Any = _LXML.document_fromstring(raw)
    except (_ETREE.LxmlError, ValueError) as error:
        raise Unreadable(f"it is no HTML that can be read: {str(error) or type(error).__name__}") from None
    for name in _AROUND:
        for element in list(tree.iter(name)):
            element.drop_tree()
    main = next((found[0] for path in _MAIN if (found := tree.xpath(path))), tree)
    title = " ".join((tree.findtext(".//title") or "").split())
    return _head(tree), title, "\n\n".join(filter(None, (part.strip() for part in _parts(main, 0))))


def _head(tree: Any) -> head.Head:
    said: dict[str, Any] = {}
    for element in tree.iter("meta"):
        name = str(element.get("name") or "")
        if name.startswith(META):
            said[name.removeprefix(META)] = str(element.get("content") or "").strip()
    if "groups" in said:
        said["groups"] = [group.strip() for group in said["groups"].split(",") if group.strip()]
    return head.checked(said)


def _parts(element: Any, depth: int) -> Iterator[str]:
    """The blocks below an element, each as Markdown."""
    if depth > _DEEPEST:
        raise Unreadable(f"its elements lie more than {_DEEPEST} deep in each other")
    loose = [element.text or ""]
    for child in element:
        if not isinstance(child.tag, str):
            loose.append(child.tail or "")
            continue
        if _is_inline(child):
            loose.append(f"{_words(child)}{child.tail or ''}")
            continue
        yield _one_line("".join(loose))
        yield from _block(child, depth)
        loose = [child.tail or ""]
    yield _one_line("".join(loose))


def _block(element: Any, depth: int) -> Iterator[str]:
    tag = element.tag
    if tag in _HEADINGS:
        yield f"{'#' * _HEADINGS[tag]} {_words(element)}"
    elif tag == "pre":
        yield f"```\n{element.text_content().strip()}\n```"
    elif tag in ("ul", "ol", "dl"):
        yield "\n".join(f"- {_words(item)}" for item in element if isinstance(item.tag, str))
    elif tag == "table":
        rows = ([_words(cell) for cell in row if cell.tag in ("td", "th")] for row in element.iter("tr"))
        yield "\n".join(" | ".join(row) for row in rows)
    elif tag == "p":
        yield _words(element)
    else:
        yield from _parts(element, depth + 1)


def _is_inline(element: Any) -> bool:
    return element.tag in ("a", "abbr", "b", "br", "cite", "code", "em", "i", "img", "kbd", "mark", "q", "s", "small",
                           "span", "strong", "sub", "sup", "time", "tt", "u", "var")  # fmt: skip


def _words(element: Any) -> str:
    return _one_line(element.text_content())


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
