"""The programs that may ask for tokens, each for one environment and one way in."""

import secrets
from pathlib import Path

from deploy.local.identity.clients import DEVICE, Client
from deploy.local.identity.keep import private_folder, write_private
from platform_core.auth.clients import CLIENTS

CODE = ("authorization_code", "refresh_token")
BACK = "/login/callback"
"""Where a program with pages takes the browser back."""


def registered(state: Path, platform_url: str) -> dict[str, Client]:
    """The clients by id; the secrets of the confidential ones are made at first and kept in files of their own."""
    folder = private_folder(state / "clients")
    pages = Client(
        client_id="seedbed-registry",
        name="Seedbed registry",
        may="show you its pages",
        grants=CODE,
        redirects=(f"{platform_url}{BACK}",),
        logout_redirects=(f"{platform_url}/",),
        secret=_secret(folder, "seedbed-registry"),
    )
    twice = [client for suffix in ("", "-dev") for client in _in_one_environment(folder, suffix)]
    return {client.client_id: client for client in (pages, *twice)}


def _in_one_environment(folder: Path, suffix: str) -> tuple[Client, ...]:
    """Those that each environment has for itself: a token of one opens nothing in the other."""
    environment = CLIENTS[f"seedbed-cli{suffix}"].environment
    cli = Client(
        client_id=f"seedbed-cli{suffix}",
        name="Seedbed CLI",
        may="list and call tools",
        environment=environment,
        grants=(*CODE, DEVICE),
        loopback_paths=("/callback",),
    )
    probe = Client(
        client_id=f"seedbed-probe{suffix}",
        name="Seedbed health probe",
        may="list tools",
        environment=environment,
        grants=("client_credentials",),
        secret=_secret(folder, f"seedbed-probe{suffix}"),
    )
    surfaces = (("seedbed-web-chat", "Seedbed web chat"), ("seedbed-chat-bot", "Seedbed chat bot"))
    return (cli, probe, *(_surface(folder, f"{client_id}{suffix}", name) for client_id, name in surfaces))


def _surface(folder: Path, client_id: str, name: str) -> Client:
    """A surface keeps a secret, and calls over the mesh; on this machine its pages are at a port of its own."""
    return Client(
        client_id=client_id,
        name=name,
        may="list and call tools",
        environment=CLIENTS[client_id].environment,
        grants=CODE,
        loopback_paths=(BACK,),
        secret=_secret(folder, client_id),
    )


def _secret(folder: Path, client_id: str) -> str:
    path = folder / f"{client_id}.secret"
    if not path.exists():
        write_private(path, secrets.token_urlsafe(32))
    return path.read_text("utf-8").strip()
