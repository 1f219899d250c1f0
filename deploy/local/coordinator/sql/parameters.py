"""EXECUTE: statements kept by the client or sent as text, with values for their question marks."""

from sqlglot import exp

from deploy.local.coordinator.errors import ErrorCode, TrinoError
from deploy.local.coordinator.sql.plan import Asked
from deploy.local.coordinator.sql.session_changes import prepared
from deploy.local.coordinator.sql.source import Source
from deploy.local.coordinator.sql.syntax import parse_one
from deploy.local.coordinator.sql.words import Words


def executed(words: Words, asked: Asked) -> tuple[Source, list[exp.Expr]]:
    """The statement to run and the values given, of `EXECUTE name` or `EXECUTE IMMEDIATE 'statement'`."""
    if words.skip("IMMEDIATE"):
        start = words.offset
        text = words.string()
        # As long as no quote is doubled, a place in the inner text is a place in the whole text.
        same = words.source.text[start + 1 : start + 1 + len(text)] == text
        inner = words.source.inner(start + 1, start + 1 + len(text)) if same else Source(text)
    else:
        inner = prepared(words.name(), asked)
    given = _values(words) if words.skip("USING") else []
    words.end()
    return inner, given


def filled(tree: exp.Expr, given: list[exp.Expr], source: Source) -> exp.Expr:
    """The statement with its question marks replaced, in the order of the text."""
    marks = list(tree.find_all(exp.Placeholder, bfs=False))
    if len(marks) != len(given):
        message = f"Incorrect number of parameters: expected {len(marks)} but found {len(given)}"
        raise TrinoError(ErrorCode.INVALID_PARAMETER_USAGE, message, source.first)
    for mark, value in zip(marks, given, strict=True):
        mark.replace(value)
    return tree


def _values(words: Words) -> list[exp.Expr]:
    start = words.offset
    words.skip_all()
    tree = parse_one(Source(f"SELECT {words.source.text[start:]}"))
    return tree.expressions if isinstance(tree, exp.Select) else []
