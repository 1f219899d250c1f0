"""Which platform is meant, and where this machine keeps what it knows of it."""

import ipaddress
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from surfaces.cli.failures import Unusable

URL_VARIABLE = "SEEDBED_CLI_URL"
HOME_VARIABLE = "SEEDBED_CLI_HOME"
PRODUCTION = "production"


@dataclass(frozen=True, slots=True)
class Place:
    """One environment of the platform at `url`: a login is good in one, and of no use in the other."""

    url: str
    environment: str = PRODUCTION

    @property
    def client(self) -> str:
        """The OAuth client that this program is there."""
        return "seedbed-cli" if self.environment == PRODUCTION else f"seedbed-cli-{self.environment}"

    @property
    def login_command(self) -> str:
        """How somebody logs in there."""
        return "seedbed login" if self.environment == PRODUCTION else f"seedbed login --env {self.environment}"

    def __str__(self) -> str:
        return self.url if self.environment == PRODUCTION else f"{self.url}, environment {self.environment}"


def home() -> Path:
    """The folder of the CLI."""
    return Path(os.environ.get(HOME_VARIABLE) or Path.home() / ".config" / "seedbed").expanduser()


def base_url(given: str | None) -> str:
    """The platform's base: the option, else the environment, else what `seedbed up` wrote."""
    url = given or os.environ.get(URL_VARIABLE) or _default()
    if not url:
        raise Unusable(f"Which platform? Give --url, set {URL_VARIABLE}, or start one here with `seedbed up`.")
    return trusted(url.rstrip("/"), "The platform's URL")


def trusted(url: str, what: str) -> str:
    """`url`, if a token may travel there: https, or this machine."""
    parts = urlsplit(url)
    if not parts.hostname or parts.username is not None or parts.query or parts.fragment:
        raise Unusable(f"{what} must look like https://seedbed.example.com, not {url!r}.")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(url)):
        raise Unusable(f"{what} must be https (http is for this machine only): {url}")
    return url


def trusted_link(link: str) -> str:
    """`link`, if a browser may open it: the same rule, and a query is welcome."""
    trusted(link.partition("?")[0], "The login page")
    return link


def is_loopback(url: str) -> bool:
    """The host is this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def suspensions_folder() -> Path | None:
    """Where a suspension is put while the registry is down, as `seedbed up` wrote it."""
    folder = _config().get("suspensions")
    return Path(folder) if isinstance(folder, str) else None


def _default() -> str | None:
    url = _config().get("default_url")
    return url if isinstance(url, str) else None


def _config() -> dict[str, object]:
    try:
        config = json.loads((home() / "config.json").read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError:
        raise Unusable(f"{home() / 'config.json'} is not JSON: mend it or remove it.") from None
    return cast(dict[str, object], config) if isinstance(config, dict) else {}
