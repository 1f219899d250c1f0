"""Reading the statements that are no SQL of sqlglot's: SHOW, EXPLAIN, SET, PREPARE and their like."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from sqlglot.tokenizer_core import Token, TokenType

from deploy.local.coordinator.sql.source import Source


@dataclass(frozen=True)
class _Word:
    text: str
    start: int
    kind: TokenType


class Words:
    """The words of a statement, taken one after the other."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._left = [word for token in source.tokens for word in _split(token)]

    def skip(self, *words: str) -> bool:
        """Take these words if they come next."""
        if [word.text.upper() for word in self._left[: len(words)]] != list(words):
            return False
        del self._left[: len(words)]
        return True

    def skip_any(self, *words: str) -> str | None:
        """Take the one of these words that comes next."""
        return next((word for word in words if self.skip(word)), None)

    def need(self, *words: str) -> str:
        """Take one of these words, or fail."""
        return self.skip_any(*words) or self._fail(", ".join(f"'{word}'" for word in words))

    def name(self) -> str:
        """Take an identifier, in lower case."""
        if not self._left or self._left[0].kind is TokenType.STRING or not _named(self._left[0]):
            self._fail("<identifier>")
        return self._left.pop(0).text.lower()

    def names(self) -> list[str]:
        """Take identifiers joined by dots."""
        found = [self.name()]
        while self.skip("."):
            found.append(self.name())
        return found

    def string(self) -> str:
        """Take a string literal."""
        if not self._left or self._left[0].kind is not TokenType.STRING:
            self._fail("<string>")
        return self._left.pop(0).text

    def value(self) -> str:
        """Take a literal: text, number, TRUE or FALSE."""
        if not self._left:
            self._fail("<expression>")
        return self._left.pop(0).text

    def pattern(self) -> str | None:
        """Take `LIKE 'pattern'` if it comes next."""
        return self.string() if self.skip("LIKE") else None

    def end(self) -> None:
        """Make sure that nothing is left."""
        if self._left:
            self._fail("<EOF>")

    def skip_all(self) -> None:
        """Take all that is left."""
        self._left.clear()

    @property
    def offset(self) -> int:
        """Where the next word starts."""
        return self._left[0].start if self._left else len(self.source.text)

    def _fail(self, expecting: str) -> NoReturn:
        raise self.source.mismatched(self.offset, expecting)


def _named(word: _Word) -> bool:
    return word.kind is TokenType.IDENTIFIER or word.text[:1].isalpha() or word.text[:1] == "_"


def _split(token: Token) -> Iterator[_Word]:
    """sqlglot takes some words together, such as GROUP BY."""
    if token.token_type in (TokenType.STRING, TokenType.IDENTIFIER):
        yield _Word(token.text, token.start, token.token_type)
        return
    at = token.start
    for text in token.text.split(" "):
        yield _Word(text, at, token.token_type)
        at += len(text) + 1
