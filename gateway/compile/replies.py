"""What a refused caller reads: one JSON form for every refusal that Envoy gives itself.

Below `/v0.1` it holds the keys too by which clients of the official registry know a refusal.
"""

from http import HTTPStatus

from gateway.compile.answers import ANSWERS, Answer
from gateway.compile.door import Door
from gateway.compile.routes import OFFICIAL
from gateway.compile.terms import JWT, Json, extension, put_header

CHALLENGE = 'Bearer error="invalid_token", resource_metadata="%METADATA(ROUTE:seedbed:resource_metadata)%"'
SERVER = "%METADATA(ROUTE:seedbed:server)%"
READABLE_FROM = "%METADATA(ROUTE:seedbed:readable_from)%"
"""Pages of which origin may read a refusal; where a route says nothing, the header is left out."""


def replies(door: Door) -> Json:
    """The mappers; the first match wins."""
    return {"mappers": [mapper for answer in ANSWERS for mapper in _mappers(answer, door)]}


def facts(door: Door) -> dict[str, str]:
    """What the texts name, as Envoy says it in a reply."""
    return {
        "server": SERVER,
        "rule": "%METADATA(ROUTE:seedbed:rule)%",
        "ask": "%METADATA(ROUTE:seedbed:how_to_ask)%",
        "suspended": "%METADATA(ROUTE:seedbed:suspended)%",
        "details": "%RESPONSE_CODE_DETAILS%",
        "path": "%PATH(NQ:ORIG_OR_PATH)%",
        "host": "%REQ(:AUTHORITY)%",
        **fixed(door),
    }


def fixed(door: Door) -> dict[str, str]:
    """What they name of the door itself."""
    return {"door": door.name, "base": door.base, "url": door.url, "registry": door.registry}


def _mappers(answer: Answer, door: Door) -> list[Json]:
    ours = _said(answer, door)
    if not door.shows_pages:
        return [_mapper(answer, {"json_format": ours})]
    problem = {"json_format": ours | _problem(answer, ours["detail"]), "content_type": "application/problem+json"}
    return [_mapper(answer, problem, _asked_below(OFFICIAL)), _mapper(answer, {"json_format": ours})]


def _said(answer: Answer, door: Door) -> Json:
    known = facts(door)
    return {
        "code": answer.code,
        "rule": answer.rule.format_map(known),
        "detail": answer.detail.format_map(known),
        "how_to_ask": answer.how_to_ask.format_map(known),
        "server": SERVER,
        # %TRACE_ID% is empty in a local reply: the filter seedbed.trace carried it into a header.
        "trace_id": "%REQ(X-SEEDBED-TRACE)%",
    }


def _problem(answer: Answer, detail: str) -> Json:
    """What the official specification says (`error`) and what its own service answers (the rest)."""
    status = answer.becomes or answer.status
    return {"error": detail, "title": HTTPStatus(status).phrase, "status": status, "errors": []}


def _mapper(answer: Answer, body: Json, *conditions: Json) -> Json:
    headers = {"access-control-allow-origin": READABLE_FROM}
    if answer.code == "unauthenticated":
        headers["www-authenticate"] = CHALLENGE
    return {
        "filter": _all([*conditions, *_fitting(answer)]),
        "body_format_override": body,
        "headers_to_add": [put_header(name, value) for name, value in headers.items()],
        **({"status_code": answer.becomes} if answer.becomes else {}),
    }


def _fitting(answer: Answer) -> list[Json]:
    conditions = [_status(answer.status)]
    if answer.because:
        conditions.append(_because(answer.because))
    if answer.no_token:
        conditions.append(_token_failed())
    return conditions


def _all(conditions: list[Json]) -> Json:
    return {"and_filter": {"filters": conditions}} if len(conditions) > 1 else conditions[0]


def _asked_below(path: str) -> Json:
    return {"header_filter": {"header": {"name": ":path", "string_match": {"prefix": path}}}}


def _status(code: int) -> Json:
    value = {"default_value": code, "runtime_key": "seedbed.unset"}
    return {"status_code_filter": {"comparison": {"op": "EQ", "value": value}}}


def _token_failed() -> Json:
    matcher = {"filter": JWT, "path": [{"key": "jwt_failure"}, {"key": "code"}], "value": {"present_match": True}}
    return {"metadata_filter": {"matcher": matcher, "match_if_key_not_found": False}}


def _because(details: str) -> Json:
    # RBAC writes its metadata after the reply is built; the details are there already.
    found = f".endsWith('{details[1:]}')" if details.startswith("*") else f" == '{details}'"
    config = extension("access_loggers.filters.cel.v3.ExpressionFilter", expression=f"response.code_details{found}")
    return {"extension_filter": {"name": "cel", "typed_config": config}}
