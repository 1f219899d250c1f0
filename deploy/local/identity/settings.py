"""How the identity provider is set up: `SEEDBED_IDENTITY_...`."""

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from platform_core.settings import Settings


def _loopback(address: str) -> str:
    # It asks no password, so the machine's own door is its only lock.
    if not ip_address(address).is_loopback:
        raise ValueError("the development identity provider asks no password and listens on loopback only: 127.0.0.1")
    return address


def _base_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/") or parts.query:
        raise ValueError("give scheme, host and port alone, like http://127.0.0.1:8080")
    return f"{parts.scheme}://{parts.netloc}"


BaseUrl = Annotated[str, AfterValidator(_base_url)]


class IdentitySettings(Settings, part="identity"):
    """Where the provider listens, what it keeps and how long its grants live."""

    state: Path
    host: Annotated[str, AfterValidator(_loopback)] = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8788
    platform_url: BaseUrl = "http://127.0.0.1:8080"
    """Where people reach the platform in production; the registry's pages are there."""
    other_urls: tuple[BaseUrl, ...] = ()
    """Its other doors, as a JSON list: a token may be asked for addresses behind these too."""
    audience: str = "seedbed"
    access_seconds: Annotated[int, Field(ge=1, le=900)] = 900
    login_hours: Annotated[int, Field(ge=1)] = 12
    device_seconds: Annotated[int, Field(ge=1)] = 600

    @property
    def bases(self) -> tuple[str, ...]:
        """Every address of the platform."""
        return (self.platform_url, *self.other_urls)

    @property
    def issuer(self) -> str:
        """The exact `iss` of every token."""
        return f"http://[{self.host}]:{self.port}" if ":" in self.host else f"http://{self.host}:{self.port}"
