"""The people of the made-up company at the registry's API: each signs in at the identity provider for themselves."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import httpx2

from deploy.local.identity.robot import approve
from deploy.local.stack.home import Home
from platform_core.errors import WiringError

CLIENT = "seedbed-cli"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


class Persons:
    """Whoever acts gets a token of their own, once."""

    def __init__(self, home: Home, registry: httpx2.Client) -> None:
        self._home, self._registry = home, registry
        self._tokens: dict[str, str] = {}

    def ask(self, who: str, path: str) -> dict[str, Any]:
        """What the registry answers `who`."""
        return _good(self._registry.get(path, headers=self._headers(who)))

    def tell(self, who: str, path: str, body: object) -> dict[str, Any]:
        """What it answers to what `who` says."""
        return _good(self._registry.post(path, json=body, headers=self._headers(who)))

    def _headers(self, who: str) -> dict[str, str]:
        # The proxy is not there yet, so what it would write beside the token is written here.
        if who not in self._tokens:
            self._tokens[who] = _token(self._home.issuer, who)
        return {"Authorization": f"Bearer {self._tokens[who]}", "X-Forwarded-User": who}


@contextmanager
def persons(home: Home) -> Generator[Persons]:
    """Everybody, before the way in is open."""
    transport = httpx2.HTTPTransport(uds=str(home.public_socket))
    with httpx2.Client(transport=transport, base_url=home.base, timeout=30) as registry:
        yield Persons(home, registry)


def _token(issuer: str, who: str) -> str:
    """An access token by the device flow, of which this program is the terminal and `who` the person at the browser."""
    with httpx2.Client(base_url=issuer, timeout=10, trust_env=False) as provider:
        form = {"client_id": CLIENT, "scope": "openid offline_access mcp"}
        asked = provider.post("/device_authorization", data=form).raise_for_status().json()
        approve(issuer, asked["user_code"], who)
        form = {"client_id": CLIENT, "grant_type": DEVICE, "device_code": asked["device_code"]}
        return str(provider.post("/token", data=form).raise_for_status().json()["access_token"])


def _good(answer: httpx2.Response) -> dict[str, Any]:
    if answer.status_code != 200:
        raise WiringError(f"the registry refused {answer.url.path}: {answer.status_code} {answer.text[:500]}")
    return dict(answer.json())
