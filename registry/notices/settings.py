"""How people are told: `SEEDBED_NOTICES_...`."""

from pathlib import Path

from pydantic import Field, SecretStr, field_validator, model_validator

from platform_core.settings import Settings

KEY_LENGTH = 32


class NoticeSettings(Settings, part="notices"):
    """Read by the registry."""

    webhook: SecretStr | None = None
    """URL that every notice is posted to as JSON; nowhere if not set."""
    webhook_key: SecretStr | None = None
    """Secret of 32 characters or more that what is posted is signed with (HMAC-SHA256)."""
    groups: Path | None = None
    """JSON list of the groups that the directory has, written anew by whoever exports it; without it nobody notices
    that the team which owns a server is gone."""
    unused_days: int = Field(default=90, ge=15)
    """A production server that nobody used for so long is suspended; its owner hears of it 14 days before."""

    @field_validator("webhook_key")
    @classmethod
    def _long_enough(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and len(key.get_secret_value()) < KEY_LENGTH:
            raise ValueError(f"must hold {KEY_LENGTH} characters or more")
        return key

    @model_validator(mode="after")
    def _signed_if_sent(self) -> "NoticeSettings":
        if self.webhook is not None and self.webhook_key is None:
            raise ValueError(f"a webhook is set, so {self.variable('webhook_key')} is needed to sign what it is told")
        return self
