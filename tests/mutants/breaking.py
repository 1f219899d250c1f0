"""Every way to break a module by one small step that could let somebody in."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

OPPOSITE: dict[type[ast.AST], tuple[type[ast.AST], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.And: (ast.Or,),
    ast.Or: (ast.And,),
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
}
OTHER_NAME = {"min": "max", "max": "min", "all": "any", "any": "all"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A module with one step taken: where, what it says now, and the whole text."""

    line: int
    says: str
    source: str

    def __str__(self) -> str:
        return f"{self.line}: {self.says}"


def mutants(source: str) -> Iterator[Mutant]:
    """Every module that is one step away from `source`, in its constants and in what its functions do."""
    tree = ast.parse(source)
    for statement in _statements(tree):
        for node in _expressions(statement):
            for owner, field, new in _steps(node):
                old, before = getattr(owner, field), _head(statement)
                setattr(owner, field, new)
                yield Mutant(statement.lineno, _said(owner, statement, before), ast.unparse(tree))
                setattr(owner, field, old)
    for block in [node for node in ast.walk(tree) if isinstance(node, ast.If | ast.FunctionDef | ast.ExceptHandler)]:
        yield from _without_a_statement(tree, block.body)


def _statements(tree: ast.Module) -> Iterator[ast.stmt]:
    yield from (statement for statement in tree.body if isinstance(statement, ast.Assign | ast.AnnAssign))
    for function in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]:
        yield from (node for node in ast.walk(function) if isinstance(node, ast.stmt) and node is not function)


def _expressions(statement: ast.stmt) -> Iterator[ast.AST]:
    """The statement and everything in it down to the next one; what only types read is left out."""
    if isinstance(statement, ast.FunctionDef):
        return
    yield statement
    waiting = [value for field, value in ast.iter_fields(statement) if field != "annotation"]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting.extend(cast("list[object]", node))
        elif isinstance(node, ast.AST) and not isinstance(node, ast.stmt | ast.Subscript):
            yield node
            waiting.extend(ast.iter_child_nodes(node))


def _steps(node: ast.AST) -> Iterator[tuple[ast.AST, str, object]]:
    """Which node gets which new value in which field."""
    match node:
        case ast.Compare(ops=[op]):
            yield from ((node, "ops", [other()]) for other in OPPOSITE.get(type(op), ()))
        case ast.BoolOp(op=op, values=values):
            yield from ((node, "op", other()) for other in OPPOSITE[type(op)])
            yield from ((node, "values", _without(values, gone)) for gone in range(len(values)))
        case ast.BinOp(op=op):
            yield from ((node, "op", other()) for other in OPPOSITE.get(type(op), ()))
        case ast.UnaryOp(op=ast.Not()):
            yield node, "op", ast.UAdd()
        case ast.If() | ast.IfExp() | ast.While():
            yield from ((node, "test", ast.Constant(value)) for value in (True, False))
        case ast.Constant(value=bool(value)):
            yield node, "value", not value
        case ast.Constant(value=int(value)):
            yield node, "value", value + 1
        case ast.MatchValue(value=ast.Constant(value=value)):
            yield node, "value", ast.Constant(f"not {value}")
        case ast.List(elts=elements) | ast.Set(elts=elements):
            yield from ((node, "elts", _without(elements, gone)) for gone in range(len(elements)))
        case ast.Call(keywords=keywords):
            yield from ((node, "keywords", _without(keywords, gone)) for gone in range(len(keywords)))
        case ast.Name(id=name) if name in OTHER_NAME:
            yield node, "id", OTHER_NAME[name]
        case _:
            return


def _without_a_statement(tree: ast.AST, body: list[ast.stmt]) -> Iterator[Mutant]:
    """A check that is not made: `raise`, or a call for its effect, left out."""
    for place, statement in enumerate(body):
        if _has_effect(statement):
            body[place] = ast.Pass()
            yield Mutant(statement.lineno, f"without {_head(statement)}", ast.unparse(tree))
            body[place] = statement


def _has_effect(statement: ast.stmt) -> bool:
    called = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)
    return called or isinstance(statement, ast.Raise)


def _without(items: list[ast.expr] | list[ast.keyword], gone: int) -> list[ast.AST]:
    return [item for place, item in enumerate(items) if place != gone]


def _said(node: ast.AST, statement: ast.stmt, before: str) -> str:
    """What a changed step says now: its case of a `match`, an `if` that is none, or its statement's first line."""
    match node:
        case ast.MatchValue():
            return f"case {ast.unparse(node)}"
        case ast.If(test=ast.Constant(value)):
            return f"{before} always {value}"
        case _:
            return _head(statement)


def _head(statement: ast.stmt) -> str:
    return ast.unparse(statement).partition("\n")[0]
