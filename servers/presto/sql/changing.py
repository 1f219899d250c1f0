"""Which changes of data we are willing to ask a person about: one statement, one table, nothing else in it."""

from dataclasses import dataclass

from sqlglot import exp

from servers.presto.sql.lexemes import Lexeme
from servers.presto.sql.parts import only_reads
from servers.presto.sql.reading import QUERY_WORDS, harmless, parsed
from servers.presto.sql.refused import Refused
from servers.presto.sql.text import blank_before, one_statement, pieces_of, words_of

_STARTS = ("INSERT", "CREATE", "DELETE", "UPDATE", "MERGE")
_KINDS: dict[type[exp.Expr], str] = {
    exp.Insert: "INSERT",
    exp.Create: "CREATE TABLE AS",
    exp.Delete: "DELETE",
    exp.Update: "UPDATE",
    exp.Merge: "MERGE",
}
_AROUND = (exp.Schema, exp.Whens, exp.When, exp.Properties, exp.Property)
"""What stands in a change beside its target and the queries that it reads."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """A statement that changes one table."""

    text: str
    """As the person wrote it."""
    kind: str
    target: tuple[str, str, str]
    """Catalog, schema and table."""
    reads: str | None
    """The query whose rows it takes or removes, cut out of the text; None where no query says it."""

    @property
    def makes_the_table(self) -> bool:
        return self.kind == "CREATE TABLE AS"


def changes(sql: str) -> Change:
    """Return `sql` without its closing semicolon, or refuse it with the reason."""
    pieces = one_statement(pieces_of(sql))
    words = words_of(pieces)
    if not words or not words[0].says(*_STARTS):
        raise Refused("not-a-change", "Send one INSERT, DELETE, UPDATE, MERGE or CREATE TABLE ... AS SELECT.")
    harmless(words)
    tree = parsed(blank_before(words[0], pieces))
    kind = _KINDS.get(type(tree))
    if kind is None or (isinstance(tree, exp.Create) and not _makes_a_table_of_rows(tree)):
        raise Refused("not-a-change", "Send one INSERT, DELETE, UPDATE, MERGE or CREATE TABLE ... AS SELECT.")
    if isinstance(tree, exp.Insert) and tree.args.get("overwrite"):
        raise Refused("not-a-change", "Neither Trino nor Presto knows INSERT OVERWRITE: DELETE, then INSERT.")
    for node in tree.walk():
        if node is not tree and not isinstance(node, (*_AROUND, *_inner_changes(tree))):
            only_reads(node)
    text = "".join(piece.text for piece in pieces)
    return Change(text=text, kind=kind, target=_target(tree), reads=_query(kind, words, text))


def _makes_a_table_of_rows(tree: exp.Create) -> bool:
    return tree.kind == "TABLE" and isinstance(tree.expression, exp.Query) and not tree.args.get("replace")


def _inner_changes(tree: exp.Expr) -> tuple[type[exp.Expr], ...]:
    """The branches of a MERGE are changes themselves."""
    return (exp.Insert, exp.Update, exp.Delete) if isinstance(tree, exp.Merge) else ()


def _target(tree: exp.Expr) -> tuple[str, str, str]:
    table = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    if isinstance(table, exp.Table) and isinstance(table.this, exp.Identifier) and len(table.parts) == 3:
        catalog, schema, name = (part.name for part in table.parts)
        return catalog, schema, name
    raise Refused("not-a-change", "Name the table to change as catalog.schema.table.")


def _query(kind: str, words: list[Lexeme], text: str) -> str | None:
    """The query inside, in the person's own words. The change itself is never explained: Trino 476 creates the table of
    a CREATE TABLE AS that it is asked to explain."""
    if kind in ("INSERT", "CREATE TABLE AS"):
        first = _first_of_query(words)
        return None if first is None else text[first.start : _end(words, text)]
    if kind == "DELETE":
        return "SELECT 1" + text[words[0].start + len(words[0].text) :]
    return None


def _end(words: list[Lexeme], text: str) -> int:
    """Where the query ends: a CREATE TABLE AS may say after it whether the rows come along."""
    last = [word.text.upper() for word in words[-3:]]
    extra = 3 if last == ["WITH", "NO", "DATA"] else 2 if last[1:] == ["WITH", "DATA"] else 0
    return words[-extra].start if extra else len(text)


def _first_of_query(words: list[Lexeme]) -> Lexeme | None:
    """Where the query starts: a bracket opens a list of columns or properties, unless a query stands in it."""
    depth = 0
    for number, word in enumerate(words[2:], start=2):
        opens_a_query = word.says("(") and words[min(number + 1, len(words) - 1)].says(*QUERY_WORDS)
        if depth == 0 and (opens_a_query or word.says(*QUERY_WORDS[:-1])) and not _is_with_of_properties(words, number):
            return word
        depth += word.says("(") - word.says(")")
    return None


def _is_with_of_properties(words: list[Lexeme], number: int) -> bool:
    return words[number].says("WITH") and words[number + 1].says("(")
