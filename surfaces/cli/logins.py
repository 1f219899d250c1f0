"""Who is logged in where: one file for each environment, for its owner's eyes, changed by one process at a time."""

import fcntl
import hashlib
import json
import os
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from surfaces.cli import places
from surfaces.cli.failures import NotLoggedIn
from surfaces.cli.places import Place


@dataclass(frozen=True, kw_only=True)
class Login:
    """One person in one environment. The addresses are those of the login: nobody can move them later."""

    url: str
    environment: str = places.PRODUCTION
    edge: str = ""
    """Where the servers of the environment are; the platform's own URL where nothing else was said."""
    issuer: str
    token_endpoint: str
    revocation_endpoint: str
    person: str
    name: str
    access_token: str = field(repr=False)
    expires_at: float
    refresh_token: str = field(repr=False)
    ends_at: float
    """When the login itself ends; 0 where the issuer does not say."""

    @property
    def place(self) -> Place:
        return Place(self.url, self.environment)

    def endpoint(self, server: str) -> str:
        """The address of a server."""
        return f"{self.edge or self.url}/mcp/{server}"


def read(place: Place) -> Login:
    """The login there; raises `NotLoggedIn`."""
    path = _path(place)
    try:
        return Login(**json.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        raise NotLoggedIn(f"Nobody is logged in at {place}. Run `{place.login_command}`.") from None
    except (ValueError, TypeError):
        raise NotLoggedIn(f"{path} can't be read any more. Run `{place.login_command}` again.") from None


def write(login: Login) -> None:
    """Keep `login`; a reader sees the old one or the new one, never half of it."""
    path = _path(login.place)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # 0600 from the first byte
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(asdict(login), file)
        file.flush()
        os.fsync(file.fileno())
    Path(draft).replace(path)


def forget(place: Place) -> None:
    """Remove the login there."""
    _path(place).unlink(missing_ok=True)


@contextmanager
def alone(place: Place) -> Generator[None]:
    """Be the only process that changes this login."""
    with _path(place).with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _path(place: Place) -> Path:
    folder = places.home() / "logins"
    for each in (folder.parent, folder):
        each.mkdir(mode=0o700, parents=True, exist_ok=True)
    host = urlsplit(place.url).netloc.replace(":", "-").strip("[]")
    mark = hashlib.sha256(place.url.encode()).hexdigest()[:8]
    environment = "" if place.environment == places.PRODUCTION else f"-{place.environment}"
    return folder / f"{host}-{mark}{environment}.json"
