"""Failures as Trino words them on the wire."""

from dataclasses import dataclass
from enum import Enum
from typing import Any


class ErrorCode(Enum):
    """Trino's number and class for each failure that this engine can have."""

    GENERIC_USER_ERROR = (0, "USER_ERROR")
    SYNTAX_ERROR = (1, "USER_ERROR")
    ABANDONED_QUERY = (2, "USER_ERROR")
    USER_CANCELED = (3, "USER_ERROR")
    PERMISSION_DENIED = (4, "USER_ERROR")
    NOT_FOUND = (5, "USER_ERROR")
    FUNCTION_NOT_FOUND = (6, "USER_ERROR")
    INVALID_FUNCTION_ARGUMENT = (7, "USER_ERROR")
    DIVISION_BY_ZERO = (8, "USER_ERROR")
    INVALID_CAST_ARGUMENT = (9, "USER_ERROR")
    STACK_OVERFLOW = (12, "USER_ERROR")
    NOT_SUPPORTED = (13, "USER_ERROR")
    INVALID_SESSION_PROPERTY = (14, "USER_ERROR")
    INVALID_TABLE_PROPERTY = (18, "USER_ERROR")
    NUMERIC_VALUE_OUT_OF_RANGE = (19, "USER_ERROR")
    NOT_IN_TRANSACTION = (21, "USER_ERROR")
    INCOMPATIBLE_CLIENT = (27, "USER_ERROR")
    SUBQUERY_MULTIPLE_ROWS = (28, "USER_ERROR")
    SCHEMA_NOT_EMPTY = (34, "USER_ERROR")
    QUERY_TEXT_TOO_LARGE = (35, "USER_ERROR")
    TYPE_NOT_FOUND = (43, "USER_ERROR")
    CATALOG_NOT_FOUND = (44, "USER_ERROR")
    SCHEMA_NOT_FOUND = (45, "USER_ERROR")
    TABLE_NOT_FOUND = (46, "USER_ERROR")
    COLUMN_NOT_FOUND = (47, "USER_ERROR")
    SCHEMA_ALREADY_EXISTS = (49, "USER_ERROR")
    TABLE_ALREADY_EXISTS = (50, "USER_ERROR")
    COLUMN_ALREADY_EXISTS = (51, "USER_ERROR")
    MISSING_COLUMN_NAME = (55, "USER_ERROR")
    MISSING_CATALOG_NAME = (56, "USER_ERROR")
    MISSING_SCHEMA_NAME = (57, "USER_ERROR")
    TYPE_MISMATCH = (58, "USER_ERROR")
    INVALID_LITERAL = (59, "USER_ERROR")
    AMBIGUOUS_NAME = (62, "USER_ERROR")
    INVALID_COLUMN_REFERENCE = (63, "USER_ERROR")
    DUPLICATE_COLUMN_NAME = (66, "USER_ERROR")
    NESTED_AGGREGATION = (67, "USER_ERROR")
    EXPRESSION_NOT_AGGREGATE = (73, "USER_ERROR")
    EXPRESSION_NOT_SCALAR = (74, "USER_ERROR")
    INVALID_PARAMETER_USAGE = (80, "USER_ERROR")
    GENERIC_INTERNAL_ERROR = (65536, "INTERNAL_ERROR")
    EXCEEDED_TIME_LIMIT = (131075, "INSUFFICIENT_RESOURCES")
    EXCEEDED_LOCAL_MEMORY_LIMIT = (131079, "INSUFFICIENT_RESOURCES")

    @property
    def kind(self) -> str:
        """Trino's error type."""
        return self.value[1]


@dataclass(frozen=True)
class Location:
    """A place in the text of a statement, both counted from 1."""

    line: int
    column: int


class TrinoError(Exception):
    """A failure to be told to the client. `message` stands without the place; the wire adds it as Trino does."""

    def __init__(self, code: ErrorCode, message: str, at: Location | None = None) -> None:
        super().__init__(message if at is None else f"line {at.line}:{at.column}: {message}")
        self.code = code
        self.at = at

    def wire(self) -> dict[str, Any]:
        """The `error` object of a response; clients read `failureInfo` too, whose stack stays empty."""
        number, kind = self.code.value
        place = (
            {} if self.at is None else {"errorLocation": {"lineNumber": self.at.line, "columnNumber": self.at.column}}
        )
        failure: dict[str, Any] = {
            "type": "io.trino.spi.TrinoException",
            "message": str(self),
            "suppressed": [],
            "stack": [],
        }
        named = {"code": number, "name": self.code.name, "type": kind}
        return {
            "message": str(self),
            "errorCode": number,
            "errorName": self.code.name,
            "errorType": kind,
            **place,
            "failureInfo": {**failure, "errorInfo": named, **place},
        }
