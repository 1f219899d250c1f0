"""Which engine, as whom, and how much one call may take: the operator's words, never the model's."""

from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, FilePath, model_validator

from platform_core.auth.settings import PlatformSettings
from platform_core.settings import BaseUrl, SecretStr, Settings

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def _without_path(url: str) -> str:
    if urlsplit(url).path:
        raise ValueError("must be http(s)://host:port and nothing more")
    return url


class PrestoSettings(Settings, part="presto"):
    """`SEEDBED_PRESTO_*`."""

    engine_url: Annotated[BaseUrl, AfterValidator(_without_path)]
    engine_kind: Literal["trino", "presto"] = "trino"
    """Which family of headers it speaks: `presto` is PrestoDB."""
    engine_ca: FilePath | None = None
    """The authority of its certificate; those of the system if not set."""
    engine_service_user: str = ""
    """The account that may act as any person; empty where the engine asks for no password."""
    engine_service_password: SecretStr | None = None
    engine_service_token: SecretStr | None = None
    """A JWT of that account, in place of a password."""

    most_rows: Annotated[int, Field(ge=1, le=1000)] = 1000
    most_bytes: Annotated[int, Field(ge=1024, le=1 << 20)] = 60 * 1024
    most_seconds: Annotated[float, Field(gt=0, le=600)] = 50
    """Of one call that only looks: a list, a description, an estimate."""
    handle_seconds: Annotated[float, Field(ge=0, le=50)] = 40
    """After so long `run_query` answers that the query runs on: clients give up after a minute."""
    idle_seconds: Annotated[float, Field(ge=1, le=280)] = 180
    """A query that nobody asks about for so long is cancelled; the engine itself forgets after five minutes."""
    most_run_seconds: Annotated[float, Field(ge=1, le=86_400)] = 1800
    """Of one query from its start, told to the engine as well."""
    most_queries: Annotated[int, Field(ge=1, le=100)] = 5
    """Of one person at once."""
    ask_above_bytes: Annotated[int, Field(ge=0)] = 50 << 30
    """A query that reads more, by the engine's estimate, needs a person's yes."""
    link_seconds: Annotated[float, Field(ge=1, le=3600)] = 600
    """How long a link to all rows of an answer may be read."""
    writes: bool = False
    """Whether `write_table` does anything at all."""

    metadata: FilePath | None = None
    """YAML of what people know about tables: owner, tier, tags, freshness, certified."""
    state: Path | None = None
    """Folder of open queries and history; the server's own in the platform's state folder if not set."""
    tables_seconds: Annotated[float, Field(ge=0, le=600)] = 60
    """How long one person's list of tables is kept."""
    connections: Annotated[int, Field(ge=1, le=1000)] = 256
    """Requests to the engine that may be under way at once."""

    @property
    def folder(self) -> Path:
        if self.state is not None:
            return self.state
        platform = PlatformSettings.load()
        return platform.state / "presto" / platform.environment

    @model_validator(mode="after")
    def _a_login_travels_encrypted_with_its_user(self) -> Self:
        if self.engine_service_password is None and self.engine_service_token is None:
            return self
        if not self.engine_service_user:
            raise ValueError("a password or token belongs to a service user: set SEEDBED_PRESTO_ENGINE_SERVICE_USER")
        url = urlsplit(self.engine_url)
        if url.scheme == "http" and url.hostname not in LOOPBACK:
            raise ValueError("a password or token is sent by https only: give the engine's https URL")
        return self
