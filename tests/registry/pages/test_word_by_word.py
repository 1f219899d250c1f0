"""A reader sees which words changed, and nobody's text is so long that a page is not shown."""

from registry.pages.word_by_word import MOST, Piece, word_by_word
from tests.registry.stage import TOOLS


def test_words_are_told_apart_and_put_together_again() -> None:
    before, after = TOOLS["presto"]["find_tables"].description, "Find tables by magic or by name.\n\nWorst first."
    [pieces] = word_by_word([(before, after)])
    assert "".join(piece.text for piece in pieces if piece.kind != "after") == before
    assert "".join(piece.text for piece in pieces if piece.kind != "before") == after
    assert Piece("before", "words") in pieces


def test_what_is_too_long_to_compare_is_shown_whole_and_the_rest_is_compared() -> None:
    long = "a " * MOST
    whole, short = word_by_word([(long, long + "b"), ("one two", "one three")])
    assert whole == [Piece("before", long), Piece("after", long + "b")]
    assert short == [Piece("same", "one "), Piece("before", "two"), Piece("after", "three")]


def test_many_texts_share_what_one_page_may_compare() -> None:
    words = " ".join(map(str, range(1_000)))
    found = word_by_word([(words, words + " more")] * 10)
    assert [len(pieces) for pieces in found].count(2) == 10
    assert found[0][0].kind == "same"
    assert found[-1][0].kind == "before"
