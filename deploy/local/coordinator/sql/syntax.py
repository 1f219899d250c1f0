"""Parsing one statement, with the errors placed as Trino places them."""

from collections.abc import Sequence

from sqlglot import exp, parse
from sqlglot.errors import ParseError
from sqlglot.tokenizer_core import Token, TokenType

from deploy.local.coordinator.errors import ErrorCode, TrinoError
from deploy.local.coordinator.sql.source import Source


def parse_one(source: Source) -> exp.Expr:
    """The syntax tree of the only statement in `source`; its nodes know their offsets."""
    for token in source.tokens:
        if token.token_type is TokenType.SEMICOLON:
            raise source.mismatched(token.start, "<EOF>")
    if not source.tokens:
        raise source.mismatched(len(source.text), "<statement>")
    try:
        [tree] = parse(source.text, dialect="trino")
    except ParseError as error:
        raise _placed(source, error) from None
    if tree is None:
        raise source.mismatched(source.tokens[0].start, "<statement>")
    if isinstance(tree, exp.Command):  # sqlglot passes on what it does not know
        said = " ".join(token.text.upper() for token in source.tokens[:2])
        raise TrinoError(ErrorCode.NOT_SUPPORTED, f"{said} is not supported by the local engine")
    _refuse_what_sqlglot_forgives(source, tree)
    return tree


def _placed(source: Source, error: ParseError) -> TrinoError:
    fault = error.errors[0] if error.errors else {}
    offset = _offset(source, fault.get("line") or 1, fault.get("col") or 1)
    at = next((i for i, token in enumerate(source.tokens) if token.end >= offset), len(source.tokens) - 1)
    tokens, described = source.tokens, fault.get("description") or "a valid statement"
    if "Unexpected token" not in described:
        if at == len(tokens) - 1:  # sqlglot points to the last word where Trino points behind it
            wanted = "<expression>" if described.startswith("Required") else f"'{described.removeprefix('Expecting ')}'"
            return source.mismatched(len(source.text.rstrip()), wanted if len(wanted) < 20 else None)
    elif _is_star_alias(tokens, at):
        at -= 1
    if tokens[0].token_type is TokenType.VAR:  # SELEC 1
        at = 0
    return source.mismatched(tokens[at].start)


def _offset(source: Source, line: int, column: int) -> int:
    lines = source.text.split("\n")
    return sum(len(text) + 1 for text in lines[: line - 1]) + column - 1


def _is_star_alias(tokens: Sequence[Token], at: int) -> bool:
    """`SELECT * FORM t`: sqlglot takes FORM for the name of the star and stumbles over t."""
    return at >= 2 and tokens[at - 1].token_type is TokenType.VAR and tokens[at - 2].token_type is TokenType.STAR


def _refuse_what_sqlglot_forgives(source: Source, tree: exp.Expr) -> None:
    for select in tree.find_all(exp.Select):
        if not select.expressions:
            raise source.mismatched(len(source.text.rstrip()), "'*', 'ALL', 'DISTINCT', <expression>")
    for this, after in zip(source.tokens, source.tokens[1:], strict=False):
        if this.token_type is TokenType.COMMA and after.token_type in (TokenType.COMMA, TokenType.FROM):
            raise source.mismatched(after.start, "'*', <expression>")
    for table in tree.find_all(exp.Table, exp.Lateral):
        if isinstance(table.this, exp.Func) and table.this.name.upper() != "TABLE":
            opened = [t.start for t in source.tokens if t.token_type is TokenType.L_PAREN]
            start = source.start(table.this) or 0
            raise source.mismatched(next((o for o in opened if o > start), start), "',', '.', 'AS', <EOF>")
