"""From the text of a statement to its words, and what must hold before anybody reads them."""

from servers.presto.sql.lexemes import Lexeme, bare, lexemes, place
from servers.presto.sql.refused import Refused

LONGEST = 32_000
"""Characters. Longer text would hold up everybody while it is read."""


def pieces_of(sql: str) -> list[Lexeme]:
    """All pieces of a text that is short enough and whole."""
    if len(sql) > LONGEST:
        raise Refused("too-long", f"The statement has {len(sql)} characters; at most {LONGEST} are read. Shorten it.")
    pieces = lexemes(sql)
    for piece in pieces:
        if piece.kind == "strange" or (piece.kind in ("string", "name", "comment") and not _encodes(piece.text)):
            raise Refused("unreadable", f"{place(sql, piece.start)}: {piece.text!a} is unclosed or means nothing here.")
    return pieces


def one_statement(pieces: list[Lexeme]) -> list[Lexeme]:
    """Drop one closing semicolon; any other separates statements."""
    ends = [number for number, piece in enumerate(pieces) if piece.says(";")]
    if not ends:
        return pieces
    last = ends[-1]
    if len(ends) > 1 or words_of(pieces[last + 1 :]):
        raise Refused("two-statements", "Send one statement at a time: a ';' stands between two.")
    return pieces[:last]


def words_of(pieces: list[Lexeme]) -> list[Lexeme]:
    """Without blanks and comments."""
    return [piece for piece in pieces if piece.kind not in ("space", "comment")]


def blank_before(first: Lexeme, pieces: list[Lexeme]) -> str:
    """The bare text with everything before `first` blanked, so that places stay true."""
    text = bare(pieces)
    return "".join(c if c in "\r\n" else " " for c in text[: first.start]) + text[first.start :]


def _encodes(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)
