"""Which text we are willing to run: one statement that only reads, judged before the engine sees it.

Two readings must agree. The words: which statement it is, and the prefixes and table functions that hide an effect
inside a query. The tree: every node of it is of a kind that reads. What neither knows is refused.
"""

from dataclasses import dataclass
from itertools import pairwise

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError

from platform_core.errors import Invalid
from servers.presto.sql.lexemes import Lexeme, bare, lexemes, place

LONGEST = 32_000
"""Characters. Longer text would hold up everybody while it is read."""
QUERY_WORDS = ("SELECT", "WITH", "VALUES", "TABLE", "(")
TABLE_FUNCTIONS = frozenset({"sequence", "exclude_columns"})
"""The only ones that are known to touch nothing but their arguments."""

_READING = (
    *(exp.Query, exp.Condition, exp.Values, exp.Table, exp.Subquery, exp.With, exp.CTE, exp.Lateral, exp.Unnest),
    *(exp.From, exp.Join, exp.Where, exp.Group, exp.Having, exp.Order, exp.Ordered, exp.Distinct, exp.Tuple),
    *(exp.Limit, exp.LimitOptions, exp.Offset, exp.Fetch, exp.Cube, exp.Rollup, exp.GroupingSets, exp.TableSample),
    *(exp.Identifier, exp.Star, exp.Var, exp.Alias, exp.Aliases, exp.TableAlias, exp.Lambda, exp.Kwarg, exp.Filter),
    *(exp.DataType, exp.DataTypeParam, exp.ColumnDef, exp.Interval, exp.IntervalSpan, exp.AtTimeZone, exp.Slice),
    *(exp.WindowSpec, exp.WithinGroup, exp.IgnoreNulls, exp.RespectNulls, exp.Version, exp.OverflowTruncateBehavior),
    *(exp.MatchRecognize, exp.MatchRecognizeMeasure, exp.All, exp.Any, exp.Final),
    *(exp.JSON, exp.JSONPath, exp.JSONPathPart, exp.JSONKeyValue, exp.JSONColumnDef, exp.JSONSchema, exp.JSONValue),
    *(exp.JSONExtractQuote, exp.OnCondition, exp.FormatJson),
)
_METADATA_WORDS = ("SHOW", "DESCRIBE", "DESC")


class Refused(Invalid):
    """The guard's no; `rule` names the part of it that spoke."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A statement that only reads."""

    text: str
    """As the person wrote it: it goes to the engine unchanged."""
    tables: tuple[str, ...]
    """The tables that it names, as written."""
    plan_only: bool
    """It is an EXPLAIN: the engine answers with a plan and runs nothing."""


def read_only(sql: str) -> Reading:
    """Return `sql` without its closing semicolon, or refuse it with the reason."""
    pieces = _one_statement(_pieces(sql))
    words = [piece for piece in pieces if piece.kind not in ("space", "comment")]
    if not words:
        raise Refused("empty", "There is no statement: send one SELECT.")
    query = _after_explain(words)
    _starts_as_a_query(query[0] if query else words[0])
    _has_no_prefix(query)
    _calls_harmless_table_functions(query)
    tree = _tree(_from(query[0], pieces))
    text = "".join(piece.text for piece in pieces)
    return Reading(text=text, tables=_tables(tree), plan_only=query is not words)


def _pieces(sql: str) -> list[Lexeme]:
    if len(sql) > LONGEST:
        raise Refused("too-long", f"The statement has {len(sql)} characters; at most {LONGEST} are read. Shorten it.")
    pieces = lexemes(sql)
    for piece in pieces:
        if piece.kind == "strange" or (piece.kind in ("string", "name", "comment") and not _encodes(piece.text)):
            raise Refused("unreadable", f"{place(sql, piece.start)}: {piece.text!a} is unclosed or means nothing here.")
    return pieces


def _encodes(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _one_statement(pieces: list[Lexeme]) -> list[Lexeme]:
    """Drop one closing semicolon; any other separates statements."""
    ends = [number for number, piece in enumerate(pieces) if piece.says(";")]
    if not ends:
        return pieces
    last = ends[-1]
    if len(ends) > 1 or any(piece.kind not in ("space", "comment") for piece in pieces[last + 1 :]):
        raise Refused("two-statements", "Send one statement at a time: a ';' stands between two.")
    return pieces[:last]


def _after_explain(words: list[Lexeme]) -> list[Lexeme]:
    """The words that EXPLAIN and its options stand before; the same list where there is no EXPLAIN."""
    if not words[0].says("EXPLAIN"):
        return words
    rest = words[1:]
    if rest and rest[0].says("ANALYZE"):
        raise Refused("explain-analyze", "EXPLAIN ANALYZE runs the statement. Send EXPLAIN alone, or the query itself.")
    if len(rest) > 1 and rest[0].says("(") and rest[1].says("TYPE", "FORMAT"):
        closing = next((number for number, word in enumerate(rest) if word.says(")")), len(rest) - 1)
        rest = rest[closing + 1 :]
    return rest


def _starts_as_a_query(first: Lexeme) -> None:
    if first.says(*QUERY_WORDS):
        return
    if first.says(*_METADATA_WORDS):
        raise Refused("not-a-query", "`find_tables` and `describe_table` answer what SHOW and DESCRIBE ask.")
    name = first.text.upper() if first.kind == "word" else first.text
    raise Refused("not-a-query", f"This tool only reads: send a SELECT (or WITH, VALUES, TABLE), not {name[:40]}.")


def _has_no_prefix(words: list[Lexeme]) -> None:
    """`WITH SESSION` undoes limits and `WITH FUNCTION` brings loops; a CTE may bear either name."""
    for word, kind, follower in zip(words, words[1:], words[2:], strict=False):
        if word.says("WITH") and kind.says("SESSION", "FUNCTION") and not follower.says("AS", "("):
            rule = "session-prefix" if kind.says("SESSION") else "inline-function"
            raise Refused(rule, f"WITH {kind.text.upper()} is not allowed: leave it out.")


def _calls_harmless_table_functions(words: list[Lexeme]) -> None:
    """TABLE(name(...)) may pass any text on to another database; TABLE(name) and TABLE(SELECT ...) are arguments."""
    for number, (word, bracket) in enumerate(pairwise(words)):
        if not (word.says("TABLE") and bracket.says("(")):
            continue
        name = _dotted(words[number + 2 :])
        called = words[number + 2 + len(name) :][:1]
        if not (name and called and called[0].says("(")) or name[0].says(*QUERY_WORDS):
            continue
        function = "".join(part.text for part in name)
        if function.lower() not in TABLE_FUNCTIONS:
            allowed = " and ".join(sorted(TABLE_FUNCTIONS))
            raise Refused("table-function", f"The table function {function[:80]} is not allowed; {allowed} are.")


def _dotted(words: list[Lexeme]) -> list[Lexeme]:
    """The leading `a.b.c` of `words`."""
    name: list[Lexeme] = []
    for word in words:
        wanted = word.says(".") if len(name) % 2 else word.kind in ("word", "name")
        if not wanted:
            break
        name.append(word)
    return name


def _from(first: Lexeme, pieces: list[Lexeme]) -> str:
    """The bare text with everything before `first` blanked, so that places stay true."""
    text = bare(pieces)
    return "".join(c if c in "\r\n" else " " for c in text[: first.start]) + text[first.start :]


def _tree(text: str) -> exp.Expr:
    try:
        [tree] = sqlglot.parse(text, dialect="trino")
    except ParseError as error:
        fault = error.errors[0]
        column = fault["col"] - len(fault["highlight"] or " ") + 1
        expected = fault["description"].partition(" but got <")[0]
        raise Refused("unreadable", f"line {fault['line']}, column {column}: {expected}.") from error
    except (TokenError, ValueError) as error:
        raise Refused("unreadable", "A number, literal or pattern in it is malformed.") from error
    except RecursionError as error:
        raise Refused("unreadable", "It is nested too deeply: use WITH to name the parts.") from error
    if not isinstance(tree, exp.Query | exp.Values):
        raise Refused("not-a-query", "This tool only reads: send one SELECT.")
    for node in tree.walk():
        _reads(node)
    return tree


def _reads(node: exp.Expr) -> None:
    if not isinstance(node, _READING):
        raise Refused("unknown-part", f"{type(node).__name__} is not among the parts of a query that are allowed.")
    if isinstance(node, exp.Table) and isinstance(node.this, exp.Func) and not _known_as_a_table(node.this):
        raise Refused("table-function", "A function stands where a table must; only TABLE(...) and UNNEST(...) may.")


def _known_as_a_table(function: exp.Func) -> bool:
    return isinstance(function, exp.JSONTable) or function.name.upper() == "TABLE"


def _tables(tree: exp.Expr) -> tuple[str, ...]:
    named = {cte.alias for cte in tree.find_all(exp.CTE)}
    tables = (table for table in tree.find_all(exp.Table, bfs=False) if isinstance(table.this, exp.Identifier))
    names = (".".join(part.name for part in table.parts) for table in tables)
    return tuple(dict.fromkeys(name for name in names if name not in named))
