"""Every refusal that Envoy gives by itself: how it looks from inside, and what the caller reads.

Texts name facts in braces. In a reply Envoy fills them in; whoever reads its log fills in the same from there.
"""

from dataclasses import dataclass

from gateway.compile.closed import EXPIRED, LEASE, SUSPENDED
from gateway.compile.filters import LARGEST_BODY
from gateway.compile.front import (
    FOREIGN_CLIENT,
    FOREIGN_ORIGIN,
    SAID_TWICE,
    STALE_TOKEN,
    SUSPENDED_PERSON,
    UNPROVEN,
    UNVOUCHED,
)

AGAIN = "log in again, then repeat the call"
LATER = "try again; if it lasts, tell whoever runs the platform"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One refusal. Of several that fit, the first in the list is given."""

    status: int
    """What Envoy's filter answers."""
    because: str | None = None
    """The details that the filter gives; with a star in front, their end."""
    no_token: bool = False
    """Only where no token was verified."""
    becomes: int | None = None
    """The status that the caller sees, if it is another one."""
    code: str
    rule: str
    detail: str
    how_to_ask: str = "{ask}"

    def fits(self, status: int, details: str) -> bool:
        """Whether it explains a line of the log, which holds the status that the caller saw."""
        return status == (self.becomes or self.status) and (
            self.because is None
            or (details.endswith(self.because[1:]) if self.because.startswith("*") else details == self.because)
        )


def _denied(rule: str) -> str:
    return f"rbac_access_denied_matched_policy[{rule}]"


WHO_YOU_ARE = (
    Answer(
        status=403, because=_denied(FOREIGN_ORIGIN), code="origin_not_allowed", rule="origin",
        detail="a page from elsewhere may not call here", how_to_ask="call from {base}",
    ),
    Answer(
        status=403, because=_denied(UNPROVEN), code="client_not_allowed", rule="identity-{door}",
        detail="the certificate must name exactly one workload", how_to_ask="call with an SVID of one SPIFFE id",
    ),
)  # fmt: skip
WHAT_IS_CLOSED = (
    Answer(
        status=403, because=f"*/{SUSPENDED}]", code="authorization_denied", rule="{server}/suspended",
        detail="{suspended}",
    ),
    Answer(
        status=403, because=f"*/{LEASE}]", code="authorization_denied", rule="{server}/lease",
        detail="the registry has not been heard for too long, so this is closed", how_to_ask=LATER,
    ),
    Answer(
        status=403, because=f"*/{EXPIRED}]", code="authorization_denied", rule="{server}/expired",
        detail="the policy of {server} has expired",
    ),
    Answer(
        status=403, because=_denied(SUSPENDED_PERSON), code="authorization_denied", rule="suspended",
        detail="your access is suspended", how_to_ask="ask whoever runs the platform",
    ),
)  # fmt: skip
WHAT_YOU_PROVE = (
    Answer(
        status=403, because=_denied("none"), no_token=True, becomes=401, code="unauthenticated", rule="token",
        detail="no token, and no service that is listed for this", how_to_ask=f"{AGAIN}; a service: {{ask}}",
    ),
    Answer(
        status=403, because=_denied(STALE_TOKEN), becomes=401, code="unauthenticated", rule="token",
        detail="the token is over, lives too long, lacks a claim or came twice", how_to_ask=AGAIN,
    ),
    # A wrong audience is 403 to Envoy's JWT filter, and 401 to RFC 6750 and every MCP client.
    Answer(
        status=403, no_token=True, becomes=401, code="unauthenticated", rule="token",
        detail="no valid token: {details}", how_to_ask=AGAIN,
    ),
    Answer(
        status=401, code="unauthenticated", rule="token", detail="no valid token: {details}", how_to_ask=AGAIN,
    ),
)  # fmt: skip
WHAT_YOU_SAY = (
    Answer(
        status=403, because=_denied(SAID_TWICE), becomes=400, code="malformed", rule="once",
        detail="a header of MCP or the channel is there twice", how_to_ask="send each header once",
    ),
    Answer(
        status=400, because="mcp_body_too_large", becomes=413, code="malformed", rule="size",
        detail=f"a message has at most {LARGEST_BODY} bytes", how_to_ask="send less",
    ),
    *(
        Answer(
            status=400, because=because, code="malformed", rule="json",
            detail="the body can't be read in one way only", how_to_ask="send one JSON object, each key once",
        )
        for because in ("mcp_parse_error", "mcp_duplicate_keys")
    ),
    Answer(
        status=400, because="mcp_reject_no_mcp", code="malformed", rule="mcp", detail="this is no MCP message",
        how_to_ask="send one JSON-RPC message, with its content-type",
    ),
)  # fmt: skip
WHAT_YOU_MAY = (
    Answer(
        status=403, because=_denied(FOREIGN_CLIENT), code="client_not_allowed", rule="client-{door}",
        detail="a token of this client is not taken here",
    ),
    Answer(
        status=403, because=_denied(UNVOUCHED), code="client_not_allowed", rule="channel-{door}",
        detail="a channel that nobody vouches for",
    ),
    Answer(
        status=403, code="authorization_denied", rule="{rule}",
        detail="no reviewed rule of {server} opens this to you",
    ),
    Answer(
        status=429, code="rate_limited", rule="per-person", detail="too many calls in one second",
        how_to_ask="wait as long as retry-after says",
    ),
)  # fmt: skip
WHERE_YOU_WENT = (
    Answer(
        status=400, because="direct_response", code="malformed", rule="path",
        detail="an encoded slash or backslash stands in no path but a server's name under /v0.1/servers",
        how_to_ask="write the slash as it is",
    ),
    Answer(
        status=404, code="unknown_server", rule="registered", detail="nothing is registered at {path}",
        how_to_ask="{registry}/servers lists what there is",
    ),
    Answer(
        status=405, code="method_not_allowed", rule="post", detail="MCP is spoken by POST here",
        how_to_ask="send the message by POST",
    ),
    Answer(
        status=421, code="misdirected", rule="host", detail="{host} is not served here", how_to_ask="call {url}",
    ),
    *(
        Answer(
            status=status, code="unavailable", rule="up", detail="{server} does not answer: {details}",
            how_to_ask="try again; if it lasts, tell its owner",
        )
        for status in (502, 503, 504)
    ),
)  # fmt: skip

ANSWERS = (*WHO_YOU_ARE, *WHAT_IS_CLOSED, *WHAT_YOU_PROVE, *WHAT_YOU_SAY, *WHAT_YOU_MAY, *WHERE_YOU_WENT)
"""The JSON-RPC errors of Envoy's MCP filter are not among them: they pass unchanged."""
