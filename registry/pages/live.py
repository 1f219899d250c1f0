"""Pages that look again when something has changed: by server-sent events, which say that much and nothing more."""

import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from platform_core.canonical import digest
from registry.approvals.bell import heard
from registry.pages.look import page
from registry.parts import Parts

BEAT = 4.0
"""Seconds between two looks where nobody rang."""
LONGEST = 600.0
"""Seconds after which a browser has to ask anew, and be signed in still."""

Look = Callable[[], Awaitable[Any]]
"""What a page shows, as far as it changes: anything that JSON can say."""


def fingerprint(looked: Any) -> str:
    """A short name for what a page shows."""
    return digest(json.loads(json.dumps(looked))).removeprefix("sha256:")[:16]


def live_page(request: Request, template: str, *, news: str, looked: Any, **shown: Any) -> Response:
    """A page that is told by `news` when it no longer shows what is so."""
    return page(request, template, live=f"{news}?seen={fingerprint(looked)}", **shown)


def told(request: Request, parts: Parts, look: Look) -> StreamingResponse:
    """Tell a page whenever what it shows has changed, until it is closed."""
    seen = request.headers.get("last-event-id") or request.query_params.get("seen", "")
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return StreamingResponse(_events(parts, look, seen), media_type="text/event-stream", headers=headers)


async def _events(parts: Parts, look: Look, seen: str) -> AsyncGenerator[str]:
    yield "retry: 1000\n\n"
    until = parts.clock() + LONGEST
    while not parts.bell.closed and parts.clock() < until:
        ring = parts.bell.next
        now = fingerprint(await look())
        if now != seen:
            seen = now
            yield f"id: {now}\nevent: changed\ndata: {now}\n\n"
        else:
            yield ":\n\n"
        await heard(ring, seconds=BEAT)
