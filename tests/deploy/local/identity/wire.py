"""HTTP without a TLS context made anew for every request: all of this speaks plain http on loopback."""

import ssl
from functools import partial

import httpx2

_CONTEXT = ssl.create_default_context()

get = partial(httpx2.get, verify=_CONTEXT, timeout=30)
post = partial(httpx2.post, verify=_CONTEXT, timeout=30)
request = partial(httpx2.request, verify=_CONTEXT, timeout=30)


def a_browser(cookies: dict[str, str] | None = None) -> httpx2.Client:
    """A browser of its own, with its own cookies."""
    return httpx2.Client(cookies=cookies, verify=_CONTEXT, timeout=30)
