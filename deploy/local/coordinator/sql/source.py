"""The text of a statement, and where things are in it."""

from functools import cached_property
from typing import ClassVar

from sqlglot import exp
from sqlglot.dialects.trino import Trino
from sqlglot.errors import TokenError
from sqlglot.tokenizer_core import Token, TokenType

from deploy.local.coordinator.errors import ErrorCode, Location, TrinoError


class _Tokenizer(Trino.Tokenizer):
    COMMANDS: ClassVar[set[TokenType]] = set()  # sqlglot would swallow all after SHOW or EXECUTE as one string


class Source:
    """A statement's text. Offsets count characters of the whole text that the client sent."""

    def __init__(self, text: str) -> None:
        self.text = text

    def inner(self, offset: int, end: int | None = None) -> "Source":
        """The statement within this one from `offset` on, at the same place."""
        blank = "".join(c if c == "\n" else " " for c in self.text[:offset])
        return Source(blank + self.text[offset:end])

    @cached_property
    def tokens(self) -> list[Token]:
        """The words of the text without its comments."""
        try:
            return _Tokenizer(dialect="trino").tokenize(self.text)
        except TokenError:
            offset = max(self.text.rfind("'"), self.text.rfind('"'), self.text.rfind("/*"), 0)
            raise self.mismatched(offset, "a closed literal") from None

    def at(self, offset: int) -> Location:
        """The place of a character."""
        before = self.text[:offset]
        return Location(before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1)

    @property
    def first(self) -> Location:
        """The place of the first word, where Trino puts what concerns the whole statement."""
        return self.at(self.tokens[0].start if self.tokens else 0)

    def start(self, node: exp.Expr | None) -> int | None:
        """Where the text of a part of the syntax tree starts."""
        return min(_offsets(node, "start"), default=None)

    def of(self, node: exp.Expr | None) -> Location | None:
        """The place of a part of the syntax tree."""
        start = self.start(node)
        return None if start is None else self.at(start)

    def between(self, left: exp.Expr, right: exp.Expr, words: frozenset[str]) -> Location | None:
        """The place of the operator, one of `words`, that stands between two operands."""
        low, high = max(_offsets(left, "end"), default=-1), self.start(right) or len(self.text)
        found = [t.start for t in self.tokens if low < t.start < high and t.text.upper() in words]
        return self.at(found[0]) if found else self.of(left)

    def occurrence(self, word: str, count: int) -> Token | None:
        """`word` where it stands for the `count`th time, counted from 0, or the last time before."""
        found = [token for token in self.tokens if token.text.lower() == word.lower()]
        return found[min(count, len(found) - 1)] if found else None

    def mismatched(self, offset: int, expecting: str | None = None) -> TrinoError:
        """The syntax error for what stands at `offset`."""
        token = next((self.text[t.start : t.end + 1] for t in self._known() if t.start == offset), None)
        shown = token or self.text[offset : offset + 1] or "<EOF>"
        instead = f". Expecting: {expecting}" if expecting else ""
        return TrinoError(ErrorCode.SYNTAX_ERROR, f"mismatched input '{shown}'{instead}", self.at(offset))

    def _known(self) -> list[Token]:
        return self.__dict__.get("tokens", [])


def _offsets(node: exp.Expr | None, end: str) -> list[int]:
    return [] if node is None else [n.meta[end] for n in node.walk() if end in n.meta]
