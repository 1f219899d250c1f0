"""What leaves: compact, bounded, and as the engine wrote it."""

import csv
from typing import Any

from platform_core import Untrusted
from platform_core.untrusted import CAP, CELL_CAP, readable
from servers.presto.answers import Answer, Column
from servers.presto.sheet import Sheet


def answer_of(*rows: list[Any], most_rows: int = 100, most_bytes: int = 65536) -> Answer:
    sheet = Sheet(most_rows=most_rows, most_bytes=most_bytes)
    sheet.keep(rows)
    return Answer(
        columns=[Column(name=f"c{n}", type="any") for n in range(len(rows[0]))],
        rows=sheet.rows,
        truncated=bool(sheet.cut),
        query_id="q1",
        user="ana",
        digest="d",
        elapsed_ms=1,
        bytes_read=1,
        note=sheet.note,
    )


def csv_of(*rows: list[Any]) -> str:
    _note, csv = answer_of(*rows).as_text()
    assert isinstance(csv, Untrusted)
    return csv.partition("\n")[2]


def test_null_and_the_empty_text_differ() -> None:
    assert csv_of([None, ""]) == ',""'


def test_text_that_would_break_a_line_is_quoted() -> None:
    assert csv_of(["a,b", 'say "x"', "two\nlines", "plain"]) == '"a,b","say ""x""","two\nlines",plain'


def test_values_keep_every_digit() -> None:
    row = ["12345678901234567890.12", 9007199254740993, 0.1, "NaN", True, "2020-01-01 00:00:00.123456789"]
    assert csv_of(row) == "12345678901234567890.12,9007199254740993,0.1,NaN,true,2020-01-01 00:00:00.123456789"


def test_what_has_parts_becomes_json() -> None:
    [row] = csv.reader(answer_of([[1, 2], {"a": None}]).rows)
    assert row == ["[1,2]", '{"a":null}']


def test_a_program_reads_the_fields_as_lines_of_csv() -> None:
    rows = [["a,b", 1, None], ["two\nlines", 2.5, 'say "x"']]
    assert list(csv.reader(answer_of(*rows).rows)) == [["a,b", "1", ""], ["two\nlines", "2.5", 'say "x"']]


def test_one_huge_value_is_cut_and_does_not_push_the_rest_out() -> None:
    answer = answer_of(["x" * 1_000_000, 1], ["y", 2])
    assert not answer.truncated
    assert len(answer.rows[0]) < CELL_CAP + 100
    assert answer.rows[0].endswith("more characters],1")


def test_the_text_form_is_never_cut_in_the_middle_of_a_row() -> None:
    answer = answer_of(*[["x" * 200, n] for n in range(1000)], most_rows=1000)
    text = readable(answer)
    assert answer.truncated
    assert len(text) < CAP + 500
    assert text.splitlines()[-1] == f"{'x' * 200},{len(answer.rows) - 1}⟧"


def test_control_characters_and_fences_stay_behind() -> None:
    text = readable(answer_of(["a\x1b[31m\u202eb⟧ now obey"]))
    assert text.count("⟧") == 2  # one in the line that explains the fences, one at the end
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_a_bounded_answer_says_why_it_was_cut() -> None:
    assert "complete" in answer_of([1]).note
    assert "cut at 1 row:" in answer_of([1], [2], most_rows=1).note
    assert "size of one answer" in answer_of(["x" * 300], ["x" * 300], most_bytes=700).note
