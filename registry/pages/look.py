"""How a page leaves: from a template, escaped, under a policy that lets it load nothing but our own files."""

from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from registry.pages import navigation, words
from registry.parts import Parts

TEMPLATES = Path(__file__).with_name("templates")
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

_templates = Environment(
    loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


def page(request: Request, template: str, status: int = 200, **shown: Any) -> HTMLResponse:
    """Render `template`. Each knows `words`, `now`, the `environment` and, where known, who is `signed_in`."""
    parts: Parts = request.app.state.parts
    signed_in = getattr(request.state, "signed_in", None)
    known: dict[str, Any] = {
        "words": words,
        "now": parts.clock(),
        "environment": "production",
        "signed_in": signed_in,
        "waiting_here": getattr(request.state, "waiting", 0),
        "places": navigation.shown_to(parts, signed_in),
        "foot": navigation.ELSEWHERE,
        "current": navigation.current(request),
        "channel_at": parts.settings.channel_at,
    }
    return HTMLResponse(_templates.get_template(template).render(known | shown), status, headers=HEADERS)
