"""Every statement by its first words."""

from sqlglot import exp

from deploy.local.coordinator.errors import ErrorCode, TrinoError
from deploy.local.coordinator.sql.definitions import comment, create_table, drop_table
from deploy.local.coordinator.sql.explain import explain
from deploy.local.coordinator.sql.parameters import executed, filled
from deploy.local.coordinator.sql.plan import Asked, Plan
from deploy.local.coordinator.sql.properties import check
from deploy.local.coordinator.sql.reads import read
from deploy.local.coordinator.sql.schemas import create_schema, drop_schema
from deploy.local.coordinator.sql.session_changes import (
    deallocate,
    prepare,
    reset_session,
    set_session,
    set_time_zone,
    use,
)
from deploy.local.coordinator.sql.shows import describe, show
from deploy.local.coordinator.sql.source import Source
from deploy.local.coordinator.sql.syntax import parse_one
from deploy.local.coordinator.sql.words import Words
from deploy.local.coordinator.sql.writes import create_table_as, insert, truncate

LONGEST = 1_000_000
"""Characters in a statement, as in Trino."""
_OURS = ("SHOW", "DESCRIBE", "DESC", "EXPLAIN", "SET", "RESET", "USE", "PREPARE", "DEALLOCATE", "EXECUTE")
_NOT_HERE = ("ALTER", "ANALYZE", "CALL", "DENY", "GRANT", "REFRESH", "REVOKE")


def plan(text: str, asked: Asked) -> Plan:
    """What the statement `text` will do."""
    if len(text) > LONGEST:
        message = f"Query text length ({len(text)}) exceeds the maximum length ({LONGEST})"
        raise TrinoError(ErrorCode.QUERY_TEXT_TOO_LARGE, message)
    for name, value in asked.session.properties.items():
        check(name, value)
    return _planned(Source(text), asked)


def _planned(source: Source, asked: Asked) -> Plan:
    words = Words(source)
    match words.skip_any(*_OURS):
        case "SHOW":
            return show(words, asked)
        case "DESCRIBE" | "DESC":
            return describe(words, asked)
        case "EXPLAIN":
            return explain(words, asked, _planned)
        case "EXECUTE":
            return _execute(words, asked)
        case "SET" | "RESET" | "USE" | "PREPARE" | "DEALLOCATE" as word:
            return _session_change(word, words, asked)
        case _:
            _refuse(words)
            return _statement(parse_one(source), source, asked)


def _session_change(word: str, words: Words, asked: Asked) -> Plan:
    match word:
        case "SET" if words.skip("TIME", "ZONE"):
            return set_time_zone(words)
        case "SET" if other := words.skip_any("ROLE", "PATH"):
            raise _not_here(f"SET {other}")
        case "SET":
            return set_session(words)
        case "RESET":
            return reset_session(words)
        case "USE":
            return use(words, asked)
        case "PREPARE":
            return prepare(words)
        case _:
            return deallocate(words, asked)


def _execute(words: Words, asked: Asked) -> Plan:
    inner, given = executed(words, asked)
    if not given and all(token.text != "?" for token in inner.tokens):
        return _planned(inner, asked)
    return _statement(filled(parse_one(inner), given, inner), inner, asked)


def _refuse(words: Words) -> None:
    if words.skip("START", "TRANSACTION"):
        raise TrinoError(ErrorCode.INCOMPATIBLE_CLIENT, "Client does not support transactions")
    if words.skip_any("COMMIT", "ROLLBACK"):
        raise TrinoError(ErrorCode.NOT_IN_TRANSACTION, "No transaction in progress")
    if words.skip("WITH") and (clause := words.skip_any("SESSION", "FUNCTION")):
        raise _not_here(f"WITH {clause}")
    if word := words.skip_any(*_NOT_HERE):
        raise _not_here(word)


def _not_here(what: str) -> TrinoError:
    return TrinoError(ErrorCode.NOT_SUPPORTED, f"{what} is not supported by the local engine")


def _statement(tree: exp.Expr, source: Source, asked: Asked) -> Plan:
    match tree:
        case exp.Query() | exp.Values():
            return read(tree, source, asked)
        case exp.Insert():
            return insert(tree, source, asked)
        case exp.Create():
            return _create(tree, source, asked)
        case exp.Drop():
            return _drop(tree, source, asked)
        case exp.TruncateTable():
            return truncate(tree, source, asked)
        case exp.Comment():
            return comment(tree, source, asked)
        case exp.Delete() | exp.Update() | exp.Merge():
            raise TrinoError(ErrorCode.NOT_SUPPORTED, "This connector does not support modifying table rows")
        case _:
            raise _not_here(tree.key.upper())


def _create(tree: exp.Create, source: Source, asked: Asked) -> Plan:
    match tree.args["kind"]:
        case "SCHEMA":
            return create_schema(tree, source, asked)
        case "TABLE" if tree.expression is not None:
            return create_table_as(tree, source, asked)
        case "TABLE":
            return create_table(tree, source, asked)
        case kind:
            raise _not_here(f"CREATE {kind}")


def _drop(tree: exp.Drop, source: Source, asked: Asked) -> Plan:
    exists, named = bool(tree.args.get("exists")), tree.find(exp.Table)
    if named is None or tree.args["kind"] not in ("TABLE", "SCHEMA"):
        raise _not_here(f"DROP {tree.args['kind']}")
    how = drop_schema if tree.args["kind"] == "SCHEMA" else drop_table
    return how(named, source, asked, exists=exists)
