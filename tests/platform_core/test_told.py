"""A result costs what it says, and no more."""

import csv
from io import StringIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_core.told import Rows, Told, csv_line


class Table(Told):
    """A table."""

    rows: Rows
    next: str | None = None


def test_a_schema_holds_names_and_types_alone() -> None:
    assert Table.model_json_schema() == {
        "type": "object",
        "properties": {
            "rows": {"type": "array", "items": {"type": "array"}},
            "next": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        },
        "required": ["rows"],
    }


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ([1, 2.5, 17.0, -0.0, 1e300, True, False, None], "1,2.5,17,-0,1e+300,true,false,"),
        (["", "a,b", 'say "x"', "two\nlines"], '"","a,b","say ""x""","two\nlines"'),
    ],
)
def test_a_row_is_a_line_that_tells_nothing_from_empty(values: list[Any], line: str) -> None:
    assert csv_line(values) == line


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=1))
def test_whatever_stands_in_a_row_can_be_read_back(row: list[str]) -> None:
    assert next(csv.reader(StringIO(csv_line(row), newline=""))) == row
