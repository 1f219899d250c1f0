"""Who is logged in where: one file per platform, for its owner's eyes, changed by one process at a time."""

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


@dataclass(frozen=True, kw_only=True)
class Login:
    """One person at one platform. The addresses are those of the login: nobody can move them later."""

    url: str
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


def read(url: str) -> Login:
    """The login at this platform; raises `NotLoggedIn`."""
    path = _path(url)
    try:
        return Login(**json.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        raise NotLoggedIn(f"Nobody is logged in at {url}. Run `seedbed login`.") from None
    except (ValueError, TypeError):
        raise NotLoggedIn(f"{path} can't be read any more. Run `seedbed login` again.") from None


def write(login: Login) -> None:
    """Keep `login`; a reader sees the old one or the new one, never half of it."""
    path = _path(login.url)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # 0600 from the first byte
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(asdict(login), file)
        file.flush()
        os.fsync(file.fileno())
    Path(draft).replace(path)


def forget(url: str) -> None:
    """Remove the login at this platform."""
    _path(url).unlink(missing_ok=True)


@contextmanager
def alone(url: str) -> Generator[None]:
    """Be the only process that changes this login."""
    with _path(url).with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _path(url: str) -> Path:
    folder = places.home() / "logins"
    for each in (folder.parent, folder):
        each.mkdir(mode=0o700, parents=True, exist_ok=True)
    host = urlsplit(url).netloc.replace(":", "-").strip("[]")
    return folder / f"{host}-{hashlib.sha256(url.encode()).hexdigest()[:8]}.json"
