"""What a refused caller reads: one JSON form for every refusal that Envoy gives itself."""

from gateway.compile.door import Door
from gateway.compile.filters import LARGEST_BODY
from gateway.compile.front import FOREIGN_CLIENT, FOREIGN_ORIGIN, SAID_TWICE, STALE_TOKEN
from gateway.compile.terms import JWT, Json, extension, put_header

SERVER = "%METADATA(ROUTE:seedbed:server)%"
RULE = "%METADATA(ROUTE:seedbed:rule)%"
DETAILS = "%RESPONSE_CODE_DETAILS%"
CHALLENGE = 'Bearer error="invalid_token", resource_metadata="%METADATA(ROUTE:seedbed:resource_metadata)%"'


def replies(door: Door) -> Json:
    """The mappers; the first match wins. The JSON-RPC errors of Envoy's MCP filter pass unchanged."""
    return {"mappers": [*_who_you_are(door), *_what_you_say(), *_what_you_may(door), *_where_you_went(door)]}


def _who_you_are(door: Door) -> list[Json]:
    page = _body("origin_not_allowed", "origin", "a page from elsewhere may not call here", f"call from {door.base}")
    again = "log in again, then repeat the call"
    token = _body("unauthenticated", "token", f"no valid token: {DETAILS}", again)
    stale = _body("unauthenticated", "token", "the token is over, lives too long, lacks a claim or came twice", again)
    challenge = {"headers_to_add": [put_header("www-authenticate", CHALLENGE)]}
    return [
        _on(_both(_status(403), _denied_by(FOREIGN_ORIGIN)), page),
        # A wrong audience is 403 to Envoy's JWT filter, and 401 to RFC 6750 and every MCP client.
        _on(_both(_status(403), _token_failed()), token | challenge, status=401),
        _on(_both(_status(403), _denied_by(STALE_TOKEN)), stale | challenge, status=401),
        _on(_status(401), token | challenge),
    ]


def _what_you_say() -> list[Json]:
    twice = _body("malformed", "once", "an Mcp- header is there twice", "send each header once")
    large = _body("malformed", "size", f"a message has at most {LARGEST_BODY} bytes", "send less")
    broken = _body("malformed", "json", "the body can't be read in one way only", "send one JSON object, each key once")
    other = _body("malformed", "mcp", "this is no MCP message", "send one JSON-RPC message, with its content-type")
    return [
        _on(_both(_status(403), _denied_by(SAID_TWICE)), twice, status=400),
        _on(_both(_status(400), _because("mcp_body_too_large")), large, status=413),
        _on(_both(_status(400), _because("mcp_parse_error")), broken),
        _on(_both(_status(400), _because("mcp_duplicate_keys")), broken),
        _on(_both(_status(400), _because("mcp_reject_no_mcp")), other),
    ]


def _what_you_may(door: Door) -> list[Json]:
    ask = "%METADATA(ROUTE:seedbed:how_to_ask)%"
    rule = f"{FOREIGN_CLIENT}-{door.name}"
    client = _body("client_not_allowed", rule, "a token of this client is not taken here", ask)
    denied = _body("authorization_denied", RULE, f"no reviewed rule of {SERVER} opens this to you", ask)
    often = _body("rate_limited", "per-person", "too many calls in one second", "wait as long as retry-after says")
    return [
        _on(_both(_status(403), _denied_by(rule)), client),
        _on(_status(403), denied),
        _on(_status(429), often),
    ]


def _where_you_went(door: Door) -> list[Json]:
    catalogue = f"{door.base}/servers lists what there is"
    unknown = _body("unknown_server", "registered", "nothing is registered at %PATH(NQ:ORIG_OR_PATH)%", catalogue)
    method = _body("method_not_allowed", "post", "MCP is spoken by POST here", "send the message by POST")
    host = _body("misdirected", "host", "%REQ(:AUTHORITY)% is not served here", f"call {door.base}")
    down = _body("unavailable", "up", f"{SERVER} does not answer: {DETAILS}", "try again; if it lasts, tell its owner")
    return [
        _on(_status(404), unknown),
        _on(_status(405), method),
        _on(_status(421), host),
        *[_on(_status(code), down) for code in (502, 503, 504)],
    ]


def _body(code: str, rule: str, detail: str, how_to_ask: str) -> Json:
    return {
        "body_format_override": {
            "json_format": {
                "code": code,
                "rule": rule,
                "detail": detail,
                "how_to_ask": how_to_ask,
                "server": SERVER,
                # %TRACE_ID% is empty in a local reply: the filter seedbed.trace carried it into a header.
                "trace_id": "%REQ(X-SEEDBED-TRACE)%",
            }
        }
    }


def _on(condition: Json, reply: Json, status: int | None = None) -> Json:
    return {"filter": condition, **reply, **({"status_code": status} if status else {})}


def _both(*conditions: Json) -> Json:
    return {"and_filter": {"filters": list(conditions)}}


def _status(code: int) -> Json:
    value = {"default_value": code, "runtime_key": "seedbed.unset"}
    return {"status_code_filter": {"comparison": {"op": "EQ", "value": value}}}


def _token_failed() -> Json:
    matcher = {"filter": JWT, "path": [{"key": "jwt_failure"}, {"key": "code"}], "value": {"present_match": True}}
    return {"metadata_filter": {"matcher": matcher, "match_if_key_not_found": False}}


def _denied_by(rule: str) -> Json:
    # RBAC writes its metadata after the reply is built; the details string is there already.
    return _because(f"rbac_access_denied_matched_policy[{rule}]")


def _because(details: str) -> Json:
    config = extension(
        "access_loggers.filters.cel.v3.ExpressionFilter", expression=f"response.code_details == '{details}'"
    )
    return {"extension_filter": {"name": "cel", "typed_config": config}}
