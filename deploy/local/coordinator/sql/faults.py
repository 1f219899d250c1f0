"""DuckDB's errors told as Trino tells them, placed in the text that the client wrote."""

import json
import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import duckdb
from sqlglot import tokenize

from deploy.local.coordinator.errors import ErrorCode, Location, TrinoError
from deploy.local.coordinator.sql.source import Source

_ANALYSIS = (
    (r'not have a column named|Referenced (column|table) "', "COLUMN_NOT_FOUND", "Column '{found}' cannot be resolved"),
    (
        r'^Column "(\w+)" does not exist on (\w+) side',
        "COLUMN_NOT_FOUND",
        "Column '{0}' is missing from {1} side of join",
    ),
    (r"^Ambiguous reference to", "AMBIGUOUS_NAME", "Column '{found}' is ambiguous"),
    (
        r'^column "(.+)" must appear in the GROUP BY',
        "EXPRESSION_NOT_AGGREGATE",
        "'{0}' must be an aggregate expression or appear in GROUP BY clause",
    ),
    (
        r"^(\w+) clause cannot contain (?:aggregates|window)",
        "EXPRESSION_NOT_SCALAR",
        "{0} clause cannot contain aggregations, window functions or grouping operations",
    ),
    (r"calls cannot be nested", "NESTED_AGGREGATION", "Cannot nest aggregations inside aggregation '{found}'"),
    (r"Function with name (\S+) does not exist", "FUNCTION_NOT_FOUND", "Function '{0}' not registered"),
    (r"types '(\w+)\((.*?)\)'", "FUNCTION_NOT_FOUND", "Unexpected parameters ({1}) for function {0}"),
    (r'function call "(\w+)\((.*?)\)"', "FUNCTION_NOT_FOUND", "Unexpected parameters ({1}) for function {0}"),
    (r"^(GROUP|ORDER)(?: BY)? term out of range", "INVALID_COLUMN_REFERENCE", "{0} BY position is not in select list"),
    (r"^Set operations", "TYPE_MISMATCH", "The queries of a set operation have different numbers of fields"),
    (r"^Cannot (?:compare|mix) values", "TYPE_MISMATCH", "Cannot apply operator: the types of its operands differ"),
    (r"^Cannot extract field", "TYPE_MISMATCH", "Expression {found} is not of type ROW"),
    (r"^(No function matches|Could not choose)", "TYPE_MISMATCH", "Cannot apply operator {found} to these types"),
    (
        r"^Subquery returns (\d+) columns",
        "TYPE_MISMATCH",
        "Multiple columns returned by subquery are not yet supported",
    ),
)
_EXECUTION = (
    (r"^Division by zero", "DIVISION_BY_ZERO", "Division by zero"),
    (r"^Could not convert string '(.*)' to (\w+)", "INVALID_CAST_ARGUMENT", "Cannot cast '{0}' to {1}"),
    (r"^Could not cast value (\S+) to (.+)", "INVALID_CAST_ARGUMENT", "Cannot cast '{0}' to {1}"),
    (r'field value out of range: "(.*)"', "INVALID_CAST_ARGUMENT", "Value cannot be cast to date: {0}"),
    (r'field format: "(.*?)"', "INVALID_CAST_ARGUMENT", "Value cannot be cast to a date or time: {0}"),
    (r"with value (\S+) can't be cast .* type (\w+)", "NUMERIC_VALUE_OUT_OF_RANGE", "Out of range for {1}: {0}"),
    (r"^Overflow in (\w+) of (\w+) \((.*)\)", "NUMERIC_VALUE_OUT_OF_RANGE", "{1} {0} overflow: {2}"),
    (r"^More than one row returned", "SUBQUERY_MULTIPLE_ROWS", "Scalar sub-query has returned multiple rows"),
)
_TRINO_NAMES = {"INT8": "tinyint", "INT16": "smallint", "INT32": "integer", "INT64": "bigint", "BOOL": "boolean"}


@contextmanager
def told_as_trino(source: Source, sql: str, ahead: int = 0) -> Generator[None]:
    """Turn what DuckDB says of `sql`, sent with `ahead` characters before it, into Trino's error about `source`."""
    try:
        yield
    except duckdb.InterruptException:
        raise
    except duckdb.OutOfMemoryException:
        raise TrinoError(ErrorCode.EXCEEDED_LOCAL_MEMORY_LIMIT, "Query exceeded per-node memory limit") from None
    except (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException) as error:
        raise _of_analysis(details(error), source, sql, ahead) from None
    except duckdb.Error as error:
        message = details(error)["exception_message"]
        raise _first(_EXECUTION, message) or TrinoError(ErrorCode.INVALID_FUNCTION_ARGUMENT, message) from None


def details(error: duckdb.Error) -> dict[str, Any]:
    """What DuckDB says with `errors_as_json`, or its text alone."""
    _, brace, told = str(error).partition("{")
    try:
        return json.loads(brace + told)
    except json.JSONDecodeError:
        return {"exception_message": str(error).partition(": ")[2]}


def _of_analysis(details: dict[str, Any], source: Source, sql: str, ahead: int) -> TrinoError:
    message = details["exception_message"]
    if "position" in details:
        found, at = _pointed_at(source, sql, int(details["position"]) - ahead)
    else:
        found, at = _named(source, message)
    if message.startswith("syntax error") or "Duplicate" in message:
        return TrinoError(ErrorCode.SYNTAX_ERROR, message.partition("\n")[0], at)
    known = _first(_ANALYSIS, message, found, at)
    return known or TrinoError(ErrorCode.NOT_SUPPORTED, message.partition("\n")[0], at)


def _first(
    rules: tuple[tuple[str, str, str], ...], message: str, found: str = "", at: Location | None = None
) -> TrinoError | None:
    for pattern, code, words in rules:
        if match := re.search(pattern, message):
            groups = [_TRINO_NAMES.get(group or "", group or "") for group in match.groups()]
            if code == "INVALID_CAST_ARGUMENT":  # here Trino shouts
                groups[1:] = [group.upper().replace("INTEGER", "INT") for group in groups[1:]]
            return TrinoError(ErrorCode[code], words.format(*groups, found=found), at)
    return None


def _pointed_at(source: Source, sql: str, start: int) -> tuple[str, Location | None]:
    """The name that DuckDB points at in `sql`, and where the client wrote it: the same word, as often seen before."""
    tokens = tokenize(sql, dialect="duckdb")
    at = next((i for i, token in enumerate(tokens) if token.start <= start <= token.end), None)
    if at is None:
        return "", None
    word = tokens[at].text
    seen = sum(token.text.lower() == word.lower() for token in tokens[:at])
    written = source.occurrence(word, seen)
    name = _dotted([written.text if written else word, *(token.text for token in tokens[at + 1 :])])
    return name, source.at(written.start) if written else None


def _named(source: Source, message: str) -> tuple[str, Location | None]:
    """The first name in DuckDB's message, where it points at none."""
    quoted = re.search(r'"([^"]+)"', message)
    written = source.occurrence(quoted[1], 0) if quoted else None
    return (quoted[1] if quoted else "", source.at(written.start) if written else None)


def _dotted(words: list[str]) -> str:
    """A name with all its parts."""
    end = 1
    while words[end : end + 1] == ["."]:
        end += 2
    return "".join(words[:end])
