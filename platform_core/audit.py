"""The audit log's chain: each line is bound to the one before, so that a deleted, changed or swapped one is found."""

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, JsonValue

from platform_core.canonical import canonical

ERASED = "subject.erased"
"""The act of a line that says which lines before it lost somebody's name, and what their words are now."""
BEGINNING = "0" * 64
"""What the first line is bound to."""


class Line(BaseModel):
    """Who did what, about what, when: as it is kept, and as it is exported."""

    model_config = ConfigDict(frozen=True)

    number: int
    time: float
    act: str
    actor: str
    about: str
    detail: Mapping[str, JsonValue]
    salt: str
    """So that nobody finds words that were taken out by trying which ones fit the digest."""
    words: str
    """Digest of what the line said when it was written. It stays when somebody's name is taken out."""
    digest: str
    """Binds number and words to the line before."""

    def said(self) -> str:
        """The digest of what the line says now."""
        return _hash(
            {"time": self.time, "act": self.act, "actor": self.actor, "about": self.about}
            | {"detail": dict(self.detail), "salt": self.salt}
        )


def bind(number: int, words: str, before: str) -> str:
    """The digest of a line whose words have the digest `words`, after the line with the digest `before`."""
    return _hash([number, words, before])


def seal(
    *, number: int, before: str, time: float, act: str, actor: str, about: str, detail: Mapping[str, JsonValue]
) -> Line:
    """The line that follows the one with the digest `before`."""
    salt = secrets.token_hex(16)
    line = Line(
        number=number, time=time, act=act, actor=actor, about=about, detail=detail, salt=salt, words="", digest=""
    )
    words = line.said()
    return line.model_copy(update={"words": words, "digest": bind(number, words, before)})


@dataclass(frozen=True, kw_only=True)
class Fault:
    """The first line that is not as it was written."""

    number: int
    why: str

    def __str__(self) -> str:
        return f"line {self.number}: {self.why}"


@dataclass(kw_only=True)
class Chain:
    """Reads lines in their order and says whether they are the ones that were written."""

    number: int = 0
    head: str = BEGINNING
    _broken: Fault | None = None
    _changed: dict[int, str] = field(default_factory=dict[int, str])
    """Lines whose words are others now, with the digest of these: they wait for a line that says so."""

    def read(self, line: Line) -> None:
        """The next line."""
        if self._broken is None:
            self._broken = self._misplaced(line)
        self.number, self.head = line.number, line.digest
        if (said := line.said()) != line.words:
            self._changed[line.number] = said
        if line.act == ERASED and self._broken is None:
            self._accept(line)

    def _misplaced(self, line: Line) -> Fault | None:
        due = self.number + 1
        if line.number > due:
            return Fault(number=due, why=f"it is missing: line {line.number} follows on line {self.number}")
        if line.number < due:
            return Fault(number=line.number, why=f"it stands after line {self.number}, out of its place")
        if bind(line.number, line.words, self.head) != line.digest:
            return Fault(number=due, why="it is not bound to the line before: one of the two was changed or swapped")
        return None

    def _accept(self, erasure: Line) -> None:
        lines = erasure.detail.get("lines")
        for number, said in lines.items() if isinstance(lines, dict) else ():
            if number.isdecimal() and self._changed.get(int(number)) == said and int(number) < erasure.number:
                del self._changed[int(number)]

    @property
    def fault(self) -> Fault | None:
        """The first bad line of those that were read, once all were."""
        changed = [Fault(number=number, why="its words are not those that were written") for number in self._changed]
        return min([*changed, *([self._broken] if self._broken else [])], key=lambda bad: bad.number, default=None)


def verify(lines: Iterable[Line]) -> Chain:
    """Read a whole log."""
    chain = Chain()
    for line in lines:
        chain.read(line)
    return chain


def _hash(value: object) -> str:
    return hashlib.sha256(canonical(value)).hexdigest()
