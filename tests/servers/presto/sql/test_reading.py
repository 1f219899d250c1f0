"""The guard: which text may go to the engine."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from servers.presto.sql.lexemes import lexemes
from servers.presto.sql.reading import read_only
from servers.presto.sql.refused import Refused
from servers.presto.sql.text import LONGEST

_CORPUS = yaml.safe_load(Path(__file__).with_name("statements.yaml").read_text("utf-8"))
READS: list[str] = _CORPUS["reads"]
REFUSED: list[tuple[str, str]] = [(rule, sql) for rule, statements in _CORPUS["refused"].items() for sql in statements]


def verdict(sql: str) -> str:
    try:
        read_only(sql)
    except Refused as refusal:
        return refusal.rule
    return "reads"


def in_other_words(change: Callable[[str, str], str]) -> Callable[[str], str]:
    """The statement with `change(kind, text)` in place of each of its pieces."""
    return lambda sql: "".join(change(piece.kind, piece.text) for piece in lexemes(sql))


def nested(pattern: str) -> Callable[[str], str]:
    """The statement in place of the dots of `pattern`."""
    return lambda sql: pattern.replace("...", sql)


def quoted(sql: str) -> str:
    """The statement with every part of a dotted name between quotes."""
    pieces = lexemes(sql)
    dotted = {
        number
        for dot, piece in enumerate(pieces)
        for number in (dot - 1, dot + 1)
        if piece.says(".") and 0 <= number < len(pieces) and pieces[number].text.isidentifier()
    }
    return "".join(f'"{piece.text}"' if number in dotted else piece.text for number, piece in enumerate(pieces))


SAME_MEANING: dict[str, Callable[[str], str]] = {
    "shouted": in_other_words(lambda kind, text: text.upper() if kind == "word" else text),
    "whispered": in_other_words(lambda kind, text: text.lower() if kind == "word" else text),
    "commented": in_other_words(lambda kind, text: f"{text}/* ; 'DROP \" TABLE t */" if kind == "space" else text),
    "lined": in_other_words(lambda kind, text: "-- SELECT ' /*\n" if kind == "space" else text),
    "spread": in_other_words(lambda kind, text: " \r\n\t" if kind == "space" else text),
    "quoted": quoted,
    "introduced": nested("/* ' */ -- SELECT 1;\n..."),
    "followed": nested("...\n-- SELECT 1 ' ; DROP TABLE t"),
}
NESTED = (
    "(...)",
    "SELECT * FROM (...) AS inner_one",
    "WITH inner_one AS (...) SELECT * FROM inner_one",
    "SELECT 1 WHERE EXISTS (...)",
    "EXPLAIN (TYPE LOGICAL) ...",
)
UNCLOSED = re.compile(r"unclosed|FROM \($")


@pytest.mark.parametrize("sql", READS)
def test_a_statement_that_reads_goes_on_as_it_was_written(sql: str) -> None:
    text = read_only(sql).text
    assert sql == text or re.fullmatch(f"{re.escape(text)};( --.*)?", sql)


@pytest.mark.parametrize(("rule", "sql"), REFUSED)
def test_a_statement_that_may_do_more_is_refused_by_its_rule(rule: str, sql: str) -> None:
    assert verdict(sql) == rule


@pytest.mark.parametrize("how", SAME_MEANING)
def test_case_quotes_blanks_and_comments_never_flip_a_verdict(how: str) -> None:
    corpus = [("reads", sql) for sql in READS] + [(rule, sql) for rule, sql in REFUSED if not UNCLOSED.search(sql)]
    flipped = [sql for rule, sql in corpus if (verdict(SAME_MEANING[how](sql)) == "reads") != (rule == "reads")]
    assert flipped == []


@pytest.mark.parametrize("pattern", NESTED)
def test_nesting_never_flips_a_verdict(pattern: str) -> None:
    nest = nested(pattern)
    reading = [sql for sql in READS if not re.search(r"explain|;|--", sql, re.IGNORECASE)]
    # `COMMIT` alone, in parentheses, is the name of a column.
    refused = [sql for rule, sql in REFUSED if rule not in ("empty", "not-a-query") or len(sql.split()) > 4]
    assert [sql for sql in reading if verdict(nest(sql)) != "reads"] == []
    assert [sql for sql in refused if verdict(nest(sql)) == "reads"] == []


PIECES = sorted({piece.text for sql in (*READS, *(sql for _, sql in REFUSED)) for piece in lexemes(sql)})


@given(st.sampled_from(READS), st.lists(st.tuples(st.integers(0, 40), st.sampled_from(PIECES)), max_size=4))
@settings(max_examples=400, deadline=None)
@example("SELECT * FROM t MATCH_RECOGNIZE (PATTERN () DEFINE A AS true)", [])
def test_a_mangled_statement_is_judged_and_never_a_crash(sql: str, changes: list[tuple[int, str]]) -> None:
    pieces = [piece.text for piece in lexemes(sql)]
    for place, text in changes:
        pieces[place : place + 1] = [text]
    verdict("".join(pieces))


def test_the_corpus_is_as_large_as_promised() -> None:
    assert len(READS) + len(REFUSED) >= 150


def test_a_refusal_says_what_to_send_instead() -> None:
    with pytest.raises(Refused, match=r"send a SELECT .* not DROP"):
        read_only("drop table t")
    with pytest.raises(Refused, match="`describe_table`"):
        read_only("SHOW COLUMNS FROM t")


def test_a_fault_is_placed_in_the_text_as_written() -> None:
    with pytest.raises(Refused, match=r"^line 3, column 16: "):
        read_only("SELECT 'a\nb', /* c\n */ d FROM x y z WHERE")


def test_a_number_is_not_rewritten_on_its_way() -> None:
    assert read_only("SELECT DECIMAL '1.5' ;").text == "SELECT DECIMAL '1.5' "


def test_a_text_that_is_too_long_or_too_deep_is_refused_at_once() -> None:
    assert verdict("SELECT '" + "x" * LONGEST + "'") == "too-long"
    assert verdict("SELECT " + "(" * 5000 + "1" + ")" * 5000) == "unreadable"


def test_half_a_character_is_refused() -> None:
    assert verdict("SELECT '\ud800'") == "unreadable"


def test_the_tables_that_a_query_names_are_known() -> None:
    sql = "WITH w AS (SELECT * FROM a.b.c) SELECT * FROM w JOIN d.e ON true, TABLE(sequence(1, 2)), a.b.c"
    assert set(read_only(sql).tables) == {"a.b.c", "d.e"}


def test_an_explain_is_known_to_be_a_plan() -> None:
    assert read_only("EXPLAIN SELECT 1").plan_only
    assert not read_only("SELECT 1").plan_only
