"""What the engine's errors mean to the person who asked, and what to do next."""

import re
from dataclasses import dataclass

from platform_core.errors import Denied, DomainError, Invalid, NotFound, Unavailable
from platform_core.untrusted import cleaned, fenced
from servers.presto.engine.page import QueryFailed

_LONGEST = 800
NOT_THERE = frozenset(
    {"TABLE_NOT_FOUND", "SCHEMA_NOT_FOUND", "CATALOG_NOT_FOUND", "MISSING_SCHEMA_NAME", "MISSING_CATALOG_NAME"}
)
"""Failures about the name of a table."""

_STOP = " This was the third failure over these tables: stop here and ask the person what they want."
_BY_SENTENCE = (
    (re.compile(r"^Table .* does not exist"), "TABLE_NOT_FOUND"),
    (re.compile(r"^Schema .* does not exist"), "SCHEMA_NOT_FOUND"),
    (re.compile(r"^Catalog .* does not exist"), "CATALOG_NOT_FOUND"),
    (re.compile(r"^Column .* cannot be resolved"), "COLUMN_NOT_FOUND"),
)


@dataclass(frozen=True, kw_only=True)
class _Meaning:
    error: type[DomainError]
    advice: str


_LESS = "It asks for too much: filter more, read fewer columns, or aggregate."
_BY_NAME = {
    "TABLE_NOT_FOUND": _Meaning(error=NotFound, advice="`find_tables` shows what you may see."),
    "SCHEMA_NOT_FOUND": _Meaning(error=NotFound, advice="`find_tables` without words lists the schemas."),
    "CATALOG_NOT_FOUND": _Meaning(error=NotFound, advice="`find_tables` without words lists the schemas."),
    "COLUMN_NOT_FOUND": _Meaning(error=Invalid, advice="`describe_table` lists the columns."),
    "MISSING_SCHEMA_NAME": _Meaning(error=Invalid, advice="Write catalog.schema.table; `find_tables` has the names."),
    "MISSING_CATALOG_NAME": _Meaning(error=Invalid, advice="Write catalog.schema.table; `find_tables` has the names."),
    "PERMISSION_DENIED": _Meaning(error=Denied, advice="Ask the owner of the data; another wording won't help."),
    "QUERY_QUEUE_FULL": _Meaning(error=Unavailable, advice="Try again in a minute."),
    "CLUSTER_OUT_OF_MEMORY": _Meaning(error=Unavailable, advice="Try again in a minute."),
    "USER_CANCELED": _Meaning(error=Invalid, advice="Somebody stopped it; run it again only if that is wanted."),
    "ADMINISTRATIVELY_KILLED": _Meaning(error=Invalid, advice="Somebody stopped it: ask before you run it again."),
}
_BY_KIND = {
    "USER_ERROR": _Meaning(error=Invalid, advice="Correct the statement and run it again."),
    "INSUFFICIENT_RESOURCES": _Meaning(error=Invalid, advice=_LESS),
}
_OTHERWISE = _Meaning(error=Unavailable, advice="It may pass: try once more, then tell the owner of this server.")


def names_a_table(failure: QueryFailed) -> bool:
    """Whether the failure is about the name of a table."""
    return _name_of(failure) in NOT_THERE


def explained(failure: QueryFailed, suggestions: list[str], *, stop: bool = False) -> DomainError:
    """The error to raise for `failure`. The engine's sentence may quote data, so it stands between the fences.

    `stop`: it was tried often enough.
    """
    meaning = _BY_NAME.get(_name_of(failure)) or _BY_KIND.get(failure.kind) or _OTHERWISE
    where = "line {}, column {}: ".format(*failure.place) if failure.place else ""
    said = fenced(cleaned(failure.message, _LONGEST))
    return meaning.error(
        f"{where}{said} ({failure.name}, query {failure.query_id}).{near(suggestions)} {meaning.advice}"
        f"{_STOP if stop else ''}"
    )


def _name_of(failure: QueryFailed) -> str:
    """PrestoDB calls everything SYNTAX_ERROR that Trino has a name for."""
    if failure.name != "SYNTAX_ERROR":
        return failure.name
    return next((name for sentence, name in _BY_SENTENCE if sentence.search(failure.message)), failure.name)


def near(names: list[str]) -> str:
    """A sentence that offers `names`; nothing where there are none."""
    return f" Did you mean {' or '.join(cleaned(name, 300) for name in names)}?" if names else ""


def too_slow(seconds: float) -> Invalid:
    """The error for a query that this server stopped."""
    return Invalid(f"It ran longer than the {seconds:g} s that one call may take and was cancelled. {_LESS}")
