"""A program that may ask for tokens, and where its browser may come back to."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from authlib.oauth2.rfc6749 import ClientMixin

from platform_core.auth.clients import Environment

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
SCOPES = ("openid", "profile", "offline_access", "mcp")
DEFAULT_SCOPE = "mcp"


@dataclass(frozen=True, kw_only=True)
class Client(ClientMixin):
    """One registered program. All are ours, so nobody is asked for consent."""

    client_id: str
    name: str
    may: str
    environment: Environment = "production"
    grants: tuple[str, ...]
    redirects: tuple[str, ...] = ()
    loopback_paths: tuple[str, ...] = ()
    """Redirects on this machine at a port that the program picks when it starts (RFC 8252, 7.3)."""
    logout_redirects: tuple[str, ...] = ()
    secret: str = ""

    @property
    def client_metadata(self) -> dict[str, list[str]]:
        """Where a logout may lead back to, in the words of Authlib."""
        return {"post_logout_redirect_uris": list(self.logout_redirects)}

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> str:
        return ""  # a program names its redirect

    def get_allowed_scope(self, scope: Collection[str] | str | None) -> str:
        asked = scope.split() if isinstance(scope, str) else scope or [DEFAULT_SCOPE]
        return " ".join(word for word in SCOPES if word in asked)

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.redirects or any(_is_loopback(redirect_uri, path) for path in self.loopback_paths)

    def check_client_secret(self, client_secret: str) -> bool:
        return bool(self.secret) and secrets.compare_digest(self.secret.encode(), client_secret.encode())

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method in ("client_secret_basic", "client_secret_post") if self.secret else method == "none"

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code" and "authorization_code" in self.grants

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in self.grants


def _is_loopback(uri: str, path: str) -> bool:
    parts = urlsplit(uri)
    authority = f"[{parts.hostname}]" if parts.hostname == "::1" else parts.hostname
    # Rebuilt and compared whole: user info, query, fragment or odd spelling can't slip through.
    return authority in ("127.0.0.1", "[::1]") and uri == f"http://{authority}:{_port(uri)}{path}"


def _port(uri: str) -> int | None:
    try:
        return urlsplit(uri).port
    except ValueError:
        return None
