"""SQL text cut up as the engine's own lexer does it, so that the text we judge is the text it runs."""

import re
from typing import Literal, NamedTuple, cast

Kind = Literal["space", "comment", "string", "name", "word", "sign", "strange"]

# After Trino's SqlBase.g4: comments don't nest, a backslash escapes nothing, a line comment ends at \r as well, and
# outside quotes there is only ASCII. `strange` is what it refuses, and what another lexer could take for a quote.
_LEXEME = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<comment>--[^\r\n]*|/\*.*?\*/)
    | (?P<string>'[^']*(?:''[^']*)*')
    | (?P<name>"[^"]*(?:""[^"]*)*")
    | (?P<strange>/\*|[`'"\\#]|\$\$|\{[{%]|[^\x20-\x7e])
    | (?P<word>\w+)
    | (?P<sign>.)
    """,
    re.VERBOSE | re.DOTALL | re.ASCII,
)


class Lexeme(NamedTuple):
    """A piece of the text and where it starts."""

    kind: Kind
    text: str
    start: int

    def says(self, *words: str) -> bool:
        """The piece is one of these words or signs, whatever its case; a quoted name never is."""
        return self.kind in ("word", "sign") and self.text.upper() in words


def lexemes(sql: str) -> list[Lexeme]:
    """All pieces of `sql`, in order; together they are the text again."""
    return [Lexeme(cast("Kind", piece.lastgroup), piece[0], piece.start()) for piece in _LEXEME.finditer(sql)]


def bare(pieces: list[Lexeme]) -> str:
    """The same text, place for place, without what it says in comments and strings."""
    return "".join(_bare(piece) for piece in pieces)


def place(sql: str, at: int) -> str:
    """Where the character `at` stands, as people count."""
    before = sql[:at]
    return f"line {before.count(chr(10)) + 1}, column {at - before.rfind(chr(10))}"


def _bare(piece: Lexeme) -> str:
    match piece.kind:
        case "comment":
            return re.sub(r"[^\r\n]", " ", piece.text)
        case "string":
            return "'" + re.sub(r"[^\r\n]", "a", piece.text[1:-1]) + "'"
        case _:
            return piece.text
