"""What every request must be and every answer carries, so that no other site can use this one."""

from functools import partial
from urllib.parse import urlsplit

from flask import Flask, Response, abort, request

CSP = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def guard(app: Flask, issuer: str) -> None:
    """Named host only, no POST from another site, strict headers."""
    app.before_request(partial(_named_host_only, issuer))
    app.before_request(partial(_no_foreign_post, issuer))
    app.after_request(_strict)


def allow_form_to(response: Response, redirect_uri: str) -> Response:
    """Let the form of this page end at the program that asked: browsers hold `form-action` against redirects too."""
    parts = urlsplit(redirect_uri)
    response.headers["Content-Security-Policy"] = f"{CSP} {parts.scheme}://{parts.netloc}"
    return response


def _named_host_only(issuer: str) -> None:
    # A rebound DNS name would make another site same-origin with this one.
    if request.host != urlsplit(issuer).netloc:
        abort(421, f"This is {issuer}: use that address.")


def _no_foreign_post(issuer: str) -> None:
    if request.method == "POST" and not _from_here(issuer):
        abort(403, "Another site sent this form, so nothing was done. Start again from your terminal or from Seedbed.")


def _from_here(issuer: str) -> bool:
    # Browsers send one of the two with every POST; a program sends neither, and holds no cookie that it did not earn.
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    return request.headers.get("Origin", issuer) == issuer


def _strict(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response
