"""The three programs that may ask for tokens: the CLI, the registry's own pages, the registry's probe."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from authlib.oauth2.rfc6749 import ClientMixin

from deploy.local.identity.keep import private_folder, write_private

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
SCOPES = ("openid", "profile", "offline_access", "mcp")
DEFAULT_SCOPE = "mcp"


@dataclass(frozen=True, kw_only=True)
class Client(ClientMixin):
    """One registered program. All are ours, so nobody is asked for consent."""

    client_id: str
    name: str
    may: str
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


def registered(state: Path, platform_url: str) -> dict[str, Client]:
    """The clients by id; the secrets of the confidential ones are made at first and kept in files of their own."""
    folder = private_folder(state / "clients")
    clients = [
        Client(
            client_id="seedbed-cli",
            name="Seedbed CLI",
            may="list and call tools",
            grants=("authorization_code", "refresh_token", DEVICE),
            loopback_paths=("/callback",),
        ),
        Client(
            client_id="seedbed-registry",
            name="Seedbed registry",
            may="show you its pages",
            grants=("authorization_code", "refresh_token"),
            redirects=(f"{platform_url}/login/callback",),
            logout_redirects=(f"{platform_url}/",),
            secret=_secret(folder / "seedbed-registry.secret"),
        ),
        Client(
            client_id="seedbed-probe",
            name="Seedbed health probe",
            may="list tools",
            grants=("client_credentials",),
            secret=_secret(folder / "seedbed-probe.secret"),
        ),
    ]
    return {client.client_id: client for client in clients}


def _secret(path: Path) -> str:
    if not path.exists():
        write_private(path, secrets.token_urlsafe(32))
    return path.read_text("utf-8").strip()


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
