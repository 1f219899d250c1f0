"""A log that somebody has touched says where."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_core.audit import BEGINNING, ERASED, Fault, Line, seal, verify

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def log(*acts: str, actor: str = "olu") -> list[Line]:
    """One line for each act."""
    lines: list[Line] = []
    for act in acts:
        lines.append(follow(lines, act=act, actor=actor))
    return lines


def follow(lines: list[Line], **said: Any) -> Line:
    before = lines[-1].digest if lines else BEGINNING
    facts: dict[str, Any] = {"act": "review.granted", "actor": "sam", "about": "presto", "detail": {}, "time": 1.5}
    return seal(number=len(lines) + 1, before=before, **(facts | said))


def changed(line: Line, **said: Any) -> Line:
    return line.model_copy(update=said)


def rewritten(line: Line, **said: Any) -> Line:
    """As somebody changes a line who knows that its words have a digest."""
    other = changed(line, **said)
    return changed(other, words=other.said())


def first_bad(lines: list[Line]) -> int | None:
    fault = verify(lines).fault
    return fault.number if fault else None


def erased(lines: list[Line], number: int) -> list[Line]:
    """The same log without the name in one line, and the line that says so."""
    without = changed(lines[number - 1], actor="[erased]", salt="0" * 32)
    log = [*lines[: number - 1], without, *lines[number:]]
    return [*log, follow(log, act=ERASED, detail={"lines": {str(number): without.said()}})]


def test_a_log_as_it_was_written_is_whole_and_says_where_it_ends() -> None:
    lines = log("server.suspended", "server.opened", "body.read")
    chain = verify(lines)
    assert (chain.fault, chain.number, chain.head) == (None, 3, lines[-1].digest)
    assert verify([]).fault is None


TOUCHED: dict[str, tuple[Callable[[list[Line]], list[Line]], int]] = {
    "the first is gone": (lambda log: log[1:], 1),
    "one in the middle is gone": (lambda log: [*log[:2], *log[3:]], 3),
    "one stands twice": (lambda log: [*log[:2], log[1], *log[2:]], 2),
    "two are swapped": (lambda log: [log[0], log[2], log[1], log[3]], 2),
    "another actor": (lambda log: [*log[:2], changed(log[2], actor="eve"), log[3]], 3),
    "another detail": (lambda log: [*log[:2], changed(log[2], detail={"to": "eve"}), log[3]], 3),
    "another moment": (lambda log: [*log[:3], changed(log[3], time=2.0)], 4),
    "another salt": (lambda log: [changed(log[0], salt="f" * 32), *log[1:]], 1),
    "rewritten with its digest": (lambda log: [log[0], rewritten(log[1], actor="eve"), *log[2:]], 2),
    "numbers moved up": (
        lambda log: [log[0], *(changed(each, number=each.number - 1) for each in log[2:])],
        2,
    ),
}


@pytest.mark.parametrize("touch", TOUCHED)
def test_a_line_that_was_deleted_changed_or_swapped_is_named(touch: str) -> None:
    touched, number = TOUCHED[touch]
    assert first_bad(touched(log("a", "b", "c", "d"))) == number


@given(st.lists(WORDS, min_size=1, max_size=6), st.data())
def test_no_word_of_any_line_can_be_another(words: list[str], data: st.DataObject) -> None:
    lines: list[Line] = []
    for word in words:
        lines.append(follow(lines, about=word, detail={"said": word}))
    number = data.draw(st.integers(0, len(lines) - 1))
    other = words[number] + data.draw(WORDS) + "x"
    for said in ({"about": other}, {"detail": {"said": other}}):
        assert first_bad([*lines[:number], changed(lines[number], **said), *lines[number + 1 :]]) == number + 1


def test_a_name_that_was_taken_out_leaves_the_log_whole() -> None:
    lines = erased(log("a", "b", "c"), 2)
    assert (verify(lines).fault, lines[1].actor) == (None, "[erased]")
    again = erased(lines, 2)
    assert verify(again).fault is None


def test_a_line_is_not_without_its_name_unless_a_later_line_says_so() -> None:
    lines = erased(log("a", "b", "c"), 2)
    assert verify(lines[:-1]).fault == Fault(number=2, why="its words are not those that were written")
    assert first_bad([lines[0], changed(lines[1], actor="eve"), *lines[2:]]) == 2


def test_words_that_were_taken_out_cant_be_found_by_trying() -> None:
    once, again = log("a"), log("a")
    assert once[0].words != again[0].words
