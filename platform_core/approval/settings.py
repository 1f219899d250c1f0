"""How a server asks: where the pages are, keys that its replicas share, how long an answer may take."""

from pydantic import Field, SecretStr, field_validator

from platform_core.settings import Settings

KEY_LENGTH = 32


class ApprovalSettings(Settings, part="approval"):
    """`SEEDBED_APPROVAL_*`; read by servers whose tools ask."""

    pages: str | None = None
    """URL of the registry's pages, without a slash at the end; this environment's base if not set."""
    keys: SecretStr | None = None
    """Secrets of 32 characters or more, one a line, which replicas share: the first seals what a client carries from a
    question to its answer, all open it. Without them a key is made at the start, and a server has one replica."""
    lifetime_seconds: float = Field(default=600, ge=60, le=3600)
    """How long a question waits for its answer, and a yes for its call."""
    patience_seconds: float = Field(default=20, ge=0, le=60)
    """How long a repeated call waits for a person who is reading the page."""

    @field_validator("keys")
    @classmethod
    def _long_enough(cls, keys: SecretStr | None) -> SecretStr | None:
        if keys is not None and not all(len(key) >= KEY_LENGTH for key in keys.get_secret_value().split("\n")):
            raise ValueError(f"each line must hold {KEY_LENGTH} characters or more")
        return keys

    @property
    def ring(self) -> tuple[str, ...] | None:
        """The shared keys, the sealing one first."""
        return tuple(self.keys.get_secret_value().split("\n")) if self.keys else None
