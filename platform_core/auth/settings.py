"""Which tokens this platform believes, and where a part finds the others."""

import os
from pathlib import Path
from typing import Literal

from pydantic import Field

from platform_core.errors import WiringError
from platform_core.policy.artefact import Environment
from platform_core.settings import Settings


class AuthSettings(Settings, part="auth"):
    """The identity provider: any OIDC issuer with JWT access tokens."""

    issuer: str
    """Compared character for character with `iss`."""
    jwks_url: str
    audience: str = "seedbed"
    """One audience for the whole platform, so that one login serves every server."""
    max_lifetime: int = Field(default=900, gt=0, le=3600)
    """Longest life of an access token in seconds; a longer one is refused."""
    jwks_seconds: float = Field(default=60, gt=0)
    """How often the key set is fetched again."""


class PlatformSettings(Settings, part="platform"):
    """Where this environment is."""

    base: str
    """URL of the environment's edge, without a slash at the end; a server is at `{base}/mcp/{name}`."""
    environment: Environment = "production"
    run: Path
    """Folder of the unix sockets."""
    state: Path
    """Folder of what must survive a restart."""
    registry_socket: Path
    """The registry's socket for other parts of the platform."""
    policy_keys_file: Path
    """`{"key id": "base64 of the public key"}`: the keys whose policies are obeyed."""


def stack() -> Literal["hosted", "local"]:
    """Where this part runs: `SEEDBED_STACK`, `hosted` unless `seedbed up` says `local`."""
    value = os.environ.get("SEEDBED_STACK", "hosted")
    if value not in ("hosted", "local"):
        raise WiringError(f"SEEDBED_STACK is {value!r}; it is `hosted` or `local`")
    return "local" if value == "local" else "hosted"
