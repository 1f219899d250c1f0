"""How a document and a passage are called, for citations that survive."""

import re
from dataclasses import dataclass

from servers.knowledge.index.catalogue import Passage

_REF = re.compile(r"(?:kb:(?:passage|doc)/)?(?P<document>[^#@]+)(?:#(?P<anchor>[^@]+))?(?:@(?P<hash>[0-9a-f]{4,64}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ref:
    """What an id asks for."""

    document: str
    anchor: str = ""
    hash: str = ""
    """What the passage was when it was cited."""


def passage_ref(passage: Passage) -> str:
    """`kb:passage/handbook/travel#flights@1b2c3d4e`."""
    return f"kb:passage/{passage.document.id}#{passage.anchor}@{passage.hash[:8]}"


def document_ref(document: str) -> str:
    return f"kb:doc/{document}"


def parsed(text: str) -> Ref:
    """What `text` asks for; what is no id asks for a document that there is not."""
    found = _REF.fullmatch(text.strip())
    if found is None:
        return Ref(document="")
    return Ref(document=found["document"], anchor=found["anchor"] or "", hash=found["hash"] or "")
