"""An issuer of tokens that a test holds: keys, discovery, and tokens for the named people and the probe."""

import base64
import json
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from platform_core.testing import PEOPLE

PROBES = {
    f"Basic {base64.b64encode(f'{client}:{secret}'.encode()).decode()}": client
    for client, secret in (("seedbed-probe", "probe"), ("seedbed-probe-dev", "probe-dev"))
}
"""Who asks for a token of its own, by the header that proves it."""


class Issuer:
    """An identity provider as far as the API and the probe see one: a key set, and tokens under it."""

    def __init__(self) -> None:
        self._private = rsa.generate_private_key(65537, 2048)
        key = RSAAlgorithm.to_jwk(self._private.public_key(), as_dict=True)
        self._jwks = {"keys": [key | {"kid": "k1", "alg": "RS256", "use": "sig"}]}
        self.url = ""
        self.gives: dict[str, Any] | None = None
        """What the token endpoint answers to everybody, where a test says so."""

    @contextmanager
    def serving(self) -> Generator["Issuer"]:
        issuer, jwks, discovery = self, self._jwks, dict[str, str]()

        class Answers(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(discovery if "openid" in self.path else jwks)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                client = PROBES.get(self.headers["Authorization"])
                given = issuer.gives or (issuer.probe_token(client) if client else None)
                self._answer(given or {"error": "invalid_client"}, 200 if given else 401)

            def _answer(self, body: object, status: int = 200) -> None:
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps(body).encode())

            def log_message(self, format: str, *args: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.url = f"http://127.0.0.1:{server.server_port}"
        discovery |= {"issuer": self.url, "token_endpoint": f"{self.url}/token"}
        discovery["authorization_endpoint"] = f"{self.url}/authorize"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()

    def token(self, login: str, **changed: Any) -> str:
        """A fresh access token of a person of the made-up company, with claims changed at will."""
        person, now = PEOPLE[login], int(time.time())
        claims = {
            "iss": self.url, "aud": "seedbed", "sub": login, "azp": "seedbed-cli", "client_id": "seedbed-cli",
            "iat": now, "exp": now + 900, "jti": f"{login}-{now}", "employment": person.employment,
            "groups": list(person.groups), "business_groups": list(person.business_groups), "roles": list(person.roles),
        }  # fmt: skip
        return self.sign(claims | changed)

    def sign(self, claims: dict[str, Any], *, kid: str = "k1") -> str:
        return jwt.encode(claims, self._private, "RS256", {"kid": kid, "typ": "at+jwt"})

    def probe_token(self, client: str) -> dict[str, Any]:
        """The answer of the token endpoint to one of the registry's probes."""
        facts = {"sub": client, "azp": client, "employment": "service"}
        lists: dict[str, list[str]] = {"groups": [], "business_groups": [], "roles": []}
        return {"access_token": self.token("olu", **facts, **lists), "expires_in": 900}

    def headers(self, login: str, **changed: Any) -> dict[str, str]:
        """What the proxy hands on: the person's token, and who it says they are."""
        return {"Authorization": f"Bearer {self.token(login, **changed)}", "X-Forwarded-User": login}
