"""A small relying program that does OAuth by hand, so that the provider is tested from the other side of the wire."""

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.deploy.local.identity import wire

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
CLI_REDIRECT = "http://127.0.0.1:4711/callback"
SURFACE_REDIRECT = "http://127.0.0.1:4712/login/callback"


@dataclass(kw_only=True)
class Program:
    """Talks to `issuer` as `client_id`."""

    issuer: str
    client_id: str = "seedbed-cli"
    secret: str = ""
    redirect_uri: str = CLI_REDIRECT
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    @classmethod
    def of(cls, client_id: str, *, issuer: str, state: Path) -> "Program":
        """A registered client that the provider over `state` knows, with its secret if it has one."""
        kept = state / "clients" / f"{client_id}.secret"
        secret = kept.read_text() if kept.exists() else ""
        return cls(
            issuer=issuer, client_id=client_id, secret=secret, redirect_uri=SURFACE_REDIRECT if secret else CLI_REDIRECT
        )

    def person_token(self, login: str) -> str:
        """The access token of a person who signs in through this client."""
        with wire.a_browser() as browser:
            arrived_with = self.log_in(browser, login)
        return str(self.redeem(arrived_with["code"]).raise_for_status().json()["access_token"])

    def own_token(self) -> str:
        """The access token of the program itself."""
        return str(self.token(grant_type="client_credentials").raise_for_status().json()["access_token"])

    def authorize_url(self, **changed: str | None) -> str:
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()
        asked: dict[str, str | None] = {
            "client_id": self.client_id,
            "response_type": "code",
            "redirect_uri": self.redirect_uri,
            "scope": "openid offline_access mcp",
            "state": "s1",
            "nonce": "n1",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        } | changed
        query = {name: value for name, value in asked.items() if value is not None}
        return str(httpx2.URL(f"{self.issuer}/authorize", params=query))

    def log_in(self, browser: httpx2.Client, login: str, **changed: str | None) -> dict[str, str]:
        """Pick `login` on the login page; returns what arrives at the redirect."""
        url = self.authorize_url(**changed)
        answer = browser.post(url, data={"person": login, "answer": "yes"})
        return arrived(answer)

    def redeem(self, code: str, **changed: str) -> httpx2.Response:
        return self.token(
            grant_type="authorization_code",
            **{"code": code, "redirect_uri": self.redirect_uri, "code_verifier": self.verifier} | changed,
        )

    def token(self, **asked: str) -> httpx2.Response:
        if self.secret:
            return wire.post(f"{self.issuer}/token", data=asked, auth=(self.client_id, self.secret))
        return wire.post(f"{self.issuer}/token", data={"client_id": self.client_id, **asked})

    def ask_for_device(self) -> dict[str, Any]:
        asked = {"client_id": self.client_id, "scope": "openid offline_access mcp"}
        return wire.post(f"{self.issuer}/device_authorization", data=asked).raise_for_status().json()

    def poll(self, device_code: str) -> httpx2.Response:
        return self.token(grant_type=DEVICE, device_code=device_code)

    def refresh(self, refresh_token: str) -> httpx2.Response:
        return self.token(grant_type="refresh_token", refresh_token=refresh_token)

    def read(self, token: str) -> jwt.Token:
        """The token's header and claims, its signature checked against the published keys."""
        keys = wire.get(f"{self.issuer}/jwks").raise_for_status().json()
        return jwt.decode(token, KeySet.import_key_set(keys), ["RS256"])


def arrived(answer: httpx2.Response) -> dict[str, str]:
    """The parameters that the browser carries to the program."""
    assert answer.status_code == 302, answer.text
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}
