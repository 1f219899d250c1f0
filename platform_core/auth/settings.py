"""Which tokens this platform believes, and where a part finds the others."""

import os
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from platform_core.auth.clients import CLIENTS, Environment, OAuthClient
from platform_core.errors import WiringError
from platform_core.settings import Settings


class ClaimNames(BaseModel):
    """What the issuer calls the facts that a token carries."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    subject: str = "sub"
    """The login as in the directory; Keycloak has it in `preferred_username`."""
    groups: str = "groups"
    business_groups: str = "business_groups"
    roles: str = "roles"
    employment: str = "employment"
    client: str = "azp"


STANDARD_CLAIMS = ClaimNames()


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
    claims: ClaimNames = STANDARD_CLAIMS
    """Names of claims, as JSON; what is not named keeps its default."""
    clients: dict[str, OAuthClient] = Field(default=dict(CLIENTS))
    """OAuth clients by id, as JSON: surface, environment, listener and, on the mesh, the path of its SPIFFE id."""
    trust_domain: str = Field(default="seedbed.internal", pattern=r"^[a-z0-9._-]+$")
    """The part of every SPIFFE id after `spiffe://`."""


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
    """`{"policy": {"key id": "base64 of the public key"}, "emergency": {...}}`: the keys whose documents are obeyed."""
    suspensions: Path | None = None
    """Folder where a suspension can be put while the registry is down; `suspensions` in the run folder if not set."""
    lease_sensitive_seconds: float = Field(default=3_600, gt=0)
    """Without a word from the registry for so long, sensitive tools close."""
    lease_seconds: float = Field(default=86_400, gt=0)
    """Without a word from the registry for so long, everything closes."""

    @property
    def suspensions_folder(self) -> Path:
        return self.suspensions or self.run / "suspensions"


def stack() -> Literal["hosted", "local"]:
    """Where this part runs: `SEEDBED_STACK`, `hosted` unless `seedbed up` says `local`."""
    value = os.environ.get("SEEDBED_STACK", "hosted")
    if value not in ("hosted", "local"):
        raise WiringError(f"SEEDBED_STACK is {value!r}; it is `hosted` or `local`")
    return "local" if value == "local" else "hosted"
