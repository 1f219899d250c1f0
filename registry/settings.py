"""How the registry is set up: `SEEDBED_REGISTRY_...`; what every part needs to know is the platform's."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, get_args
from urllib.parse import quote

from pydantic import Field, field_validator, model_validator

from platform_core.auth.clients import Environment
from platform_core.auth.settings import PlatformSettings
from platform_core.settings import SecretStr, Settings

Base = Annotated[str, Field(pattern=r"^https?://[^/\s]+$")]

Given = Literal["security-reviewer", "legal-reviewer", "genai-reviewer", "auditor", "operator"]
"""A role that a group of the directory gives. Everybody reads, and a manifest names its owner."""
_EXAMPLE: Mapping[Given, list[str]] = {
    "operator": ["registry-operators"],
    "security-reviewer": ["security-review"],
    "legal-reviewer": ["legal-review"],
    "genai-reviewer": ["genai-review"],
    "auditor": ["audit"],
}


def signer_socket(platform: PlatformSettings) -> Path:
    """Where the signer listens, unless a setting says otherwise."""
    return platform.run / "signer" / "signer.sock"


class RegistrySettings(Settings, part="registry"):
    """What only the registry needs to know."""

    bases: dict[Environment, Base] = Field(default={})
    """URL of each environment's edge, as JSON; `production` is the platform's base if not set."""
    database: Path | None = None
    """SQLite file; `registry/registry.db` in the platform's state folder if not set."""
    public_socket: Path | None = None
    """Where the proxy reaches the registry; `registry/public.sock` in the platform's run folder if not set."""
    signer_socket: Path | None = None
    """Where the signer listens; `signer/signer.sock` in the platform's run folder if not set."""
    role_groups: dict[Given, tuple[str, ...]] = Field(default={}, validate_default=True)
    """Each role's groups of the directory, as JSON: whoever is in one has the role. There is no other way to one."""
    may_ask: tuple[str, ...] = ()
    """SPIFFE ids of the services that may ask in pre-flight about a person whom they describe, as JSON."""
    arguments_days: Annotated[float, Field(gt=0)] = 30.0
    """How long records keep redacted arguments and results; who called what, and how it ended, is kept longer."""
    records_days: Annotated[float, Field(gt=0)] = 400.0
    """How long records are kept; what was counted of them is kept for good."""
    channel_url: Annotated[str, Field(pattern=r"^https://[^\s{}]*\{channel\}[^\s{}]*$")] | None = None
    """Where a channel of an owner is found, as `https://chat.example/{channel}`; channels are no links if not set."""
    probe_seconds: Annotated[float, Field(gt=0)] = 5.0
    """How often each server is asked whether it is well."""
    client_secret: SecretStr
    """Of the OAuth client `seedbed-registry`, for the pages' sign-in."""
    probe_secret: SecretStr
    """Of the OAuth client `seedbed-probe`, for the live probe."""
    probe_dev_secret: SecretStr | None = None
    """Of the OAuth client `seedbed-probe-dev`, for the live probe of experiments."""

    @field_validator("role_groups")
    @classmethod
    def _every_role_has_a_group(cls, groups: dict[Given, tuple[str, ...]]) -> dict[Given, tuple[str, ...]]:
        if missing := [role for role in get_args(Given) if not groups.get(role)]:
            raise ValueError(f"names no group for {', '.join(missing)}. {_what_to_write()}")
        return groups

    @model_validator(mode="after")
    def _every_environment_is_watched(self) -> "RegistrySettings":
        if "dev" in self.bases and self.probe_dev_secret is None:
            raise ValueError(f"bases names dev, so {self.variable('probe_dev_secret')} is needed to watch it")
        return self

    def channel_at(self, name: str) -> str | None:
        """Where people reach a channel, if that is known: never an address that an author wrote."""
        return self.channel_url and self.channel_url.replace("{channel}", quote(name.removeprefix("#"), safe=""))

    def bases_in(self, platform: PlatformSettings) -> Mapping[Environment, str]:
        """The environments that there are, with the URL of each; one that is not named is not there."""
        bases: dict[Environment, str] = {"production": platform.base}
        return bases | self.bases

    def database_in(self, platform: PlatformSettings) -> Path:
        return self.database or platform.state / "registry" / "registry.db"

    def public_socket_in(self, platform: PlatformSettings) -> Path:
        return self.public_socket or platform.run / "registry" / "public.sock"

    def signer_socket_in(self, platform: PlatformSettings) -> Path:
        return self.signer_socket or signer_socket(platform)


def _what_to_write() -> str:
    return f"Write which groups of your directory have each role, for example {json.dumps(_EXAMPLE)}"
