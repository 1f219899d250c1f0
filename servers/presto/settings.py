"""Which engine, as whom, and how much one call may take: the operator's words, never the model's."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from platform_core.settings import SecretStr, Settings

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def _base_url(text: str) -> str:
    url = urlsplit(text)
    if url.scheme not in ("http", "https") or not url.hostname or url.path.strip("/") or url.query or url.username:
        raise ValueError("must be http(s)://host:port and nothing more")
    return text.rstrip("/")


class PrestoSettings(Settings, part="presto"):
    """`SEEDBED_PRESTO_*`."""

    engine_url: Annotated[str, AfterValidator(_base_url)]
    engine_service_user: str = ""
    """The account that may act as any person; empty where the engine asks for no password."""
    engine_service_password: SecretStr | None = None
    most_rows: Annotated[int, Field(ge=1, le=1000)] = 1000
    most_bytes: Annotated[int, Field(ge=1024, le=1 << 20)] = 64 * 1024
    most_seconds: Annotated[float, Field(gt=0, le=600)] = 50
    tables_seconds: Annotated[float, Field(ge=0, le=600)] = 60
    """How long one person's list of tables is kept."""
    connections: Annotated[int, Field(ge=1, le=1000)] = 128
    """Requests to the engine that may be under way at once."""

    @field_validator("engine_service_password")
    @classmethod
    def _travels_encrypted_with_its_user(cls, password: SecretStr | None, known: ValidationInfo) -> SecretStr | None:
        if password is None or "engine_url" not in known.data:
            return password
        if not known.data["engine_service_user"]:
            raise ValueError("belongs to a service user: set SEEDBED_PRESTO_ENGINE_SERVICE_USER too")
        url = urlsplit(str(known.data["engine_url"]))
        if url.scheme == "http" and url.hostname not in LOOPBACK:
            raise ValueError("is sent by https only: give the engine's https URL")
        return password
