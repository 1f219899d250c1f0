"""Conditions of a rule in CEL, as the syntax tree that RBAC takes: for what its matchers can't compare.

A condition that can't be evaluated (it asks for what is not there) counts as false. So in a rule that denies, ask for
absence first: `either(lacks(claims, "iat"), ...)`.
"""

from functools import reduce

from gateway.compile.terms import JWT, Json


def claims() -> Json:
    """The claims of the verified token."""
    return _at(_at(_field({"ident_expr": {"name": "metadata"}}, "filter_metadata"), JWT), "jwt")


def claim_value(name: str) -> Json:
    return _at(claims(), name)


def request_header(name: str) -> Json:
    """All values of a header, joined by commas."""
    return _at(_field(_REQUEST, "headers"), name)


def now() -> Json:
    """Seconds since the epoch at which the request began."""
    return _call("double", _call("int", _field(_REQUEST, "time")))


def lacks(mapping: Json, key: str) -> Json:
    return _call("!_", _call("@in", _text(key), mapping))


def no_list(value: Json) -> Json:
    return _call("_!=_", _call("type", value), {"ident_expr": {"name": "list"}})


def differs(value: Json, text: str) -> Json:
    return _call("_!=_", value, _text(text))


def contains(value: Json, text: str) -> Json:
    return {"call_expr": {"target": value, "function": "contains", "args": [_text(text)]}}


def starts_otherwise(value: Json, text: str) -> Json:
    return _call("!_", {"call_expr": {"target": value, "function": "startsWith", "args": [_text(text)]}})


def difference(left: Json, right: Json) -> Json:
    return _call("_-_", left, right)


def above(left: Json, limit: float) -> Json:
    return _call("_>_", left, {"const_expr": {"double_value": limit}})


def not_after(left: Json, right: Json) -> Json:
    return _call("_<=_", left, right)


def either(*conditions: Json) -> Json:
    return reduce(lambda left, right: _call("_||_", left, right), conditions)


def both(left: Json, right: Json) -> Json:
    return _call("_&&_", left, right)


_REQUEST: Json = {"ident_expr": {"name": "request"}}


def _call(function: str, *arguments: Json) -> Json:
    return {"call_expr": {"function": function, "args": list(arguments)}}


def _field(operand: Json, name: str) -> Json:
    return {"select_expr": {"operand": operand, "field": name}}


def _at(mapping: Json, key: str) -> Json:
    return _call("_[_]", mapping, _text(key))


def _text(value: str) -> Json:
    return {"const_expr": {"string_value": value}}
