"""What belongs on one person's machine is refused by a part that is hosted; a local part stays on its machine."""

from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from ipaddress import ip_address
from urllib.parse import urlsplit

from platform_core.auth.settings import AuthSettings, stack
from platform_core.errors import WiringError

DEV_KEY = "dev-"
"""How the ids of all keys begin that `seedbed up` makes."""


def check_stack(*, auth: AuthSettings | None = None, keys: Iterable[str] = (), hosts: Iterable[str] = ()) -> None:
    """Refuse to start where `SEEDBED_STACK` and the settings don't fit: raises `WiringError` that says what to mend.

    `keys` are ids of keys that the part obeys or signs with, `hosts` are the addresses that it listens on.
    """
    local = stack() == "local"
    if faults := list(_exposed(hosts) if local else _misplaced(auth, keys)):
        where = "a local part" if local else "a hosted part (SEEDBED_STACK is not `local`)"
        raise WiringError(f"{where} does not start like this: {'; '.join(faults)}")


def _exposed(hosts: Iterable[str]) -> Iterator[str]:
    for host in hosts:
        if not _is_loopback(host):
            yield f"it would listen on {host}; SEEDBED_STACK=local listens on loopback alone: 127.0.0.1"


def _misplaced(auth: AuthSettings | None, keys: Iterable[str]) -> Iterator[str]:
    for variable, url in _urls(auth):
        parts = urlsplit(url)
        if parts.scheme != "https" or _is_loopback(parts.hostname or ""):
            yield f"{variable} is {url}; name an issuer behind https on another machine"
    for key in sorted(keys):
        if key.startswith(DEV_KEY):
            yield f"the key {key} is one of a developer's machine; pin and use keys that your own signer made"
    if _can_import("deploy.local"):
        yield "deploy.local can be imported here; uninstall seedbed-local, which is never hosted"


def _urls(auth: AuthSettings | None) -> Iterator[tuple[str, str]]:
    if auth is not None:
        yield AuthSettings.variable("issuer"), auth.issuer
        yield AuthSettings.variable("jwks_url"), auth.jwks_url


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _can_import(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False
