"""Where the local stack keeps its things: folders, sockets, and ports chosen once."""

import hashlib
import json
import os
import secrets
import socket
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, get_args

from pydantic import Field

from deploy.local.identity.keep import write_private
from deploy.local.stack.keys import Keys
from platform_core.auth.clients import Environment, Listener
from platform_core.hosting import SOCKET_PATH_LIMIT
from platform_core.policy.artefact import Name
from platform_core.settings import Settings

ENVIRONMENTS: tuple[Environment, ...] = ("production", "dev")
"""In the order in which they are shown."""
DOORS = tuple(f"{environment}-{side}" for environment in ENVIRONMENTS for side in get_args(Listener))
_PORTS = (*DOORS, "identity", "engine", "airflow")
_LONGEST_SOCKET = "/production/knowledge-and-more/server.sock"

Module = Annotated[str, Field(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$")]


class LocalSettings(Settings, part="local"):
    """Of `seedbed up` alone."""

    home: Path = Path.home() / ".local" / "state" / "seedbed"
    """State, logs and keys; kept between runs."""
    airflow: bool = True
    """Whether to run an Airflow too, a gigabyte of it; `SEEDBED_AIRFLOW_URL` names one that runs elsewhere."""
    experiments: dict[Name, Module] = Field(default={})
    """Servers to try out in `dev` beside those that are installed: their modules by name, as JSON."""


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of one local stack, and what is derived from it."""

    path: Path

    @classmethod
    def load(cls) -> "Home":
        """The stack that the settings name, with its folders made."""
        home = cls(LocalSettings.load().home.expanduser().resolve())
        for folder in (home.path, home.state, home.logs, home.keys.folder, home.run, home.platform, home.suspensions):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return home

    @property
    def state(self) -> Path:
        return self.path / "state"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def keys(self) -> Keys:
        return Keys(self.path / "keys")

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
    def suspensions(self) -> Path:
        """Where a suspension is put while the registry is down."""
        return self.run / "suspensions"

    @property
    def registry_socket(self) -> Path:
        return self.platform / "registry.sock"

    @property
    def public_socket(self) -> Path:
        """Where the proxy reaches the registry."""
        return self.run / "registry" / "public.sock"

    @property
    def signer_socket(self) -> Path:
        return self.run / "signer" / "signer.sock"

    @property
    def workload_socket(self) -> Path:
        """The Workload API, where a part gets its SPIFFE identity."""
        return self.run / "mesh" / "agent.sock"

    @property
    def admin_socket(self) -> Path:
        return self.run / "envoy" / "admin.sock"

    def server_socket(self, environment: Environment, server: str) -> Path:
        return self.run / environment / server / "server.sock"

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
        if "edge" in kept:
            kept["production-edge"] = kept.pop("edge")  # its name when there was one environment and one way in
        if missing := [name for name in _PORTS if name not in kept]:
            kept |= dict(zip(missing, _free_ports(len(missing)), strict=True))
            write_private(file, json.dumps(kept))
        return kept

    @property
    def base(self) -> str:
        """URL of the edge of `production`, where the registry's pages are too."""
        return self.edge("production")

    def edge(self, environment: Environment) -> str:
        """URL where people's own clients enter an environment."""
        return f"http://127.0.0.1:{self.ports[f'{environment}-edge']}"

    def mesh(self, environment: Environment) -> str:
        """URL where surfaces and services enter it."""
        return f"https://127.0.0.1:{self.ports[f'{environment}-mesh']}"

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.ports['identity']}"

    @property
    def engine(self) -> str:
        return f"http://127.0.0.1:{self.ports['engine']}"

    @property
    def airflow(self) -> str:
        return f"http://127.0.0.1:{self.ports['airflow']}"

    @property
    def airflow_secret(self) -> Path:
        """What Airflow's tokens are signed with, made at the first start."""
        file = self.state / "airflow.secret"
        if not file.exists():
            write_private(file, secrets.token_urlsafe(64))
        return file


def _free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now, asked of the kernel all at once so that they differ."""
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [listener.getsockname()[1] for listener in listeners]
    finally:
        for listener in listeners:
            listener.close()
