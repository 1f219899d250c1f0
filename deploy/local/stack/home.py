"""Where the local stack keeps its things: folders, ports chosen once, keys made once."""

import base64
import hashlib
import json
import os
import socket
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from platform_core.errors import WiringError
from platform_core.hosting import SOCKET_PATH_LIMIT
from platform_core.settings import Settings

KEY_ID = "dev-1"
"""A hosted part refuses every key whose id starts with `dev-`."""
_PORTS = ("edge", "identity", "engine")
_LONGEST_SOCKET = "/production/knowledge-and-more/server.sock"


class LocalSettings(Settings, part="local"):
    """Of `seedbed up` alone."""

    home: Path = Path.home() / ".local" / "state" / "seedbed"
    """State, logs and keys; kept between runs."""


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of one local stack, and what is derived from it."""

    path: Path

    @classmethod
    def load(cls) -> "Home":
        """The stack that the settings name, with its folders made."""
        home = cls(LocalSettings.load().home.expanduser().resolve())
        for folder in (home.path, home.state, home.logs, home.keys, home.run, home.platform):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return home

    @property
    def state(self) -> Path:
        return self.path / "state"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def keys(self) -> Path:
        return self.path / "keys"

    @property
    def run(self) -> Path:
        """Unix sockets: beside the rest where the kernel takes paths that long, else in a short folder of ours."""
        wanted = self.path / "run"
        if len(os.fsencode(wanted)) + len(_LONGEST_SOCKET) < SOCKET_PATH_LIMIT:
            return wanted
        mark = hashlib.sha256(os.fsencode(self.path)).hexdigest()[:10]
        return Path(tempfile.gettempdir()) / f"seedbed-{os.getuid()}-{mark}"

    @property
    def platform(self) -> Path:
        """The folder that only this account enters: the registry's socket for other parts."""
        return self.run / "platform"

    @property
    def registry_socket(self) -> Path:
        return self.platform / "registry.sock"

    @property
    def admin_socket(self) -> Path:
        return self.run / "envoy" / "admin.sock"

    @property
    def identity(self) -> Path:
        return self.state / "identity"

    def secret(self, client: str) -> Path:
        """The file with the secret of an OAuth client; the identity provider makes it."""
        return self.identity / "clients" / f"{client}.secret"

    @property
    def ports(self) -> dict[str, int]:
        """Free ports, chosen at the first start and the same ever after, so that a connected agent works tomorrow."""
        file = self.path / "ports.json"
        kept: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}
        if missing := [name for name in _PORTS if name not in kept]:
            kept |= dict(zip(missing, _free_ports(len(missing)), strict=True))
            _write_private(file, json.dumps(kept))
        return kept

    @property
    def base(self) -> str:
        """URL of the environment `production` here."""
        return f"http://127.0.0.1:{self.ports['edge']}"

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.ports['identity']}"

    @property
    def engine(self) -> str:
        return f"http://127.0.0.1:{self.ports['engine']}"

    @property
    def pinned_keys(self) -> Path:
        """The public half of the dev key, as every part pins it."""
        file = self.keys / "pinned.json"
        if not file.exists():
            raw = self.signing_key().public_key().public_bytes_raw()
            _write_private(file, json.dumps({"policy": {KEY_ID: base64.b64encode(raw).decode()}}))
        return file

    def signing_key(self) -> Ed25519PrivateKey:
        """The dev key that signs the written policies; made at the first start."""
        file = self.keys / f"{KEY_ID}.pem"
        if not file.exists():
            raw, pem, plain = Ed25519PrivateKey.generate(), serialization.Encoding.PEM, serialization.NoEncryption()
            _write_private(file, raw.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain).decode())
        key = serialization.load_pem_private_key(file.read_bytes(), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise WiringError(f"{file} is not an Ed25519 key; remove it and `seedbed up` makes a new one")
        return key


def _free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now, asked of the kernel all at once so that they differ."""
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [listener.getsockname()[1] for listener in listeners]
    finally:
        for listener in listeners:
            listener.close()


def _write_private(path: Path, text: str) -> None:
    fresh = path.with_name(f".{path.name}.new")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    os.replace(fresh, path)
