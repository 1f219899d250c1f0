"""How the registry is set up: `SEEDBED_REGISTRY_...`; where the environment is, it shares with every part."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from platform_core.auth.settings import PlatformSettings
from platform_core.settings import SecretStr, Settings


def signer_socket(platform: PlatformSettings) -> Path:
    """Where the signer listens, unless a setting says otherwise."""
    return platform.run / "signer" / "signer.sock"


class RegistrySettings(Settings, part="registry"):
    """What only the registry needs to know."""

    database: Path | None = None
    """SQLite file; `registry/registry.db` in the platform's state folder if not set."""
    public_socket: Path | None = None
    """Where the proxy reaches the registry; `registry/public.sock` in the platform's run folder if not set."""
    signer_socket: Path | None = None
    """Where the signer listens; `signer/signer.sock` in the platform's run folder if not set."""
    probe_seconds: Annotated[float, Field(gt=0)] = 5.0
    """How often each server is asked whether it is well."""
    client_secret: SecretStr
    """Of the OAuth client `seedbed-registry`, for the pages' sign-in."""
    probe_secret: SecretStr
    """Of the OAuth client `seedbed-probe`, for the live probe."""

    def database_in(self, platform: PlatformSettings) -> Path:
        return self.database or platform.state / "registry" / "registry.db"

    def public_socket_in(self, platform: PlatformSettings) -> Path:
        return self.public_socket or platform.run / "registry" / "public.sock"

    def signer_socket_in(self, platform: PlatformSettings) -> Path:
        return self.signer_socket or signer_socket(platform)
