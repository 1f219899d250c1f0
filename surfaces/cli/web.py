"""Plain HTTP to the platform and its issuer, with failures in words."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx2

from surfaces.cli import places, reading
from surfaces.cli.failures import Failed, Refused, Unreachable

SECONDS = 20


def ask(
    method: str, url: str, *, token: str, query: Mapping[str, str] | None = None, body: object = None
) -> httpx2.Response:
    """Ask as the person behind `token`."""
    return _send(method, url, headers={"Authorization": f"Bearer {token}"}, params=query, json=body)


def post(url: str, form: Mapping[str, str]) -> httpx2.Response:
    """POST a form to `url`."""
    return _send("POST", url, data=form)


def document(url: str) -> reading.Fields:
    """The JSON document at `url`."""
    answer = _send("GET", url)
    if answer.status_code != 200:
        raise Unreachable(f"{url} answered {answer.status_code}: is this a Seedbed platform?")
    return reading.fields(answer.content, url)


def no(status: int, body: bytes, whose: str) -> Failed:
    """What an HTTP refusal means, from the platform's own words where it has some."""
    said = _said(body)
    if status >= 500:
        return Unreachable(f"{whose} is out of order ({status}). {reading.text_or(said, 'detail')}".strip())
    return Refused(
        code=reading.text_or(said, "code", f"http_{status}"),
        detail=reading.text_or(said, "detail", f"{whose} answered {status}"),
        rule=reading.text_or(said, "rule"),
        how_to_ask=reading.text_or(said, "how_to_ask") or ("log in again: `seedbed login`" if status == 401 else ""),
        trace_id=reading.text_or(said, "trace_id"),
    )


def silent(url: str) -> Unreachable:
    """Nobody answered at `url`."""
    parts = urlsplit(url)
    hint = " `seedbed up` starts the platform on this machine." if places.is_loopback(url) else ""
    return Unreachable(f"{parts.scheme}://{parts.netloc} does not answer.{hint}")


def _said(body: bytes) -> reading.Fields:
    try:
        return reading.fields(body, "")
    except Unreachable:
        return {}


def _send(method: str, url: str, **request: Any) -> httpx2.Response:
    # A proxy of the environment has no business between two processes of one machine.
    try:
        with httpx2.Client(timeout=SECONDS, trust_env=not places.is_loopback(url)) as client:
            return client.request(method, url, **request)
    except httpx2.TransportError:
        raise silent(url) from None
