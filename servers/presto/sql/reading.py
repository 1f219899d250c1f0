"""Which text we are willing to run: one statement that only reads, judged before the engine sees it.

Two readings must agree. The words: which statement it is, and the prefixes and table functions that hide an effect
inside a query. The tree: every node of it is of a kind that reads. What neither knows is refused.
"""

from dataclasses import dataclass
from itertools import pairwise

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError

from servers.presto.sql.lexemes import Lexeme
from servers.presto.sql.parts import TABLE_FUNCTIONS, columns, only_reads, tables
from servers.presto.sql.refused import Refused
from servers.presto.sql.text import blank_before, one_statement, pieces_of, words_of

QUERY_WORDS = ("SELECT", "WITH", "VALUES", "TABLE", "(")
_METADATA_WORDS = ("SHOW", "DESCRIBE", "DESC")


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A statement that only reads."""

    text: str
    """As the person wrote it: it goes to the engine unchanged."""
    tables: tuple[str, ...]
    """The tables that it names, as written."""
    columns: tuple[str, ...]
    plan_only: bool
    """It is an EXPLAIN: the engine answers with a plan and runs nothing."""


def read_only(sql: str) -> Reading:
    """Return `sql` without its closing semicolon, or refuse it with the reason."""
    pieces = one_statement(pieces_of(sql))
    words = words_of(pieces)
    if not words:
        raise Refused("empty", "There is no statement: send one SELECT.")
    query = _after_explain(words)
    _starts_as_a_query(query[0] if query else words[0])
    harmless(query)
    tree = query_tree(blank_before(query[0], pieces))
    text = "".join(piece.text for piece in pieces)
    return Reading(text=text, tables=tables(tree), columns=columns(tree), plan_only=query is not words)


def harmless(words: list[Lexeme]) -> None:
    """Refuse what hides an effect inside a query, wherever it stands."""
    _has_no_prefix(words)
    _calls_harmless_table_functions(words)


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


def query_tree(text: str) -> exp.Expr:
    """The tree of a query of which every part reads."""
    tree = parsed(text)
    if not isinstance(tree, exp.Query | exp.Values):
        raise Refused("not-a-query", "This tool only reads: send one SELECT.")
    for node in tree.walk():
        only_reads(node)
    return tree


def parsed(text: str) -> exp.Expr:
    """The tree of one statement, or a refusal that tells the place."""
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
    if tree is None:
        raise Refused("not-a-query", "This tool only reads: send one SELECT.")
    return tree
