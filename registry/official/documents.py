"""What is said of one version of a server, in the published format of 2025-12-11. An invalid one can't be built."""

import re
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from platform_core.registration.manifest import Manifest
from platform_core.untrusted import cleaned

SCHEMA = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"
OFFICIAL = "io.modelcontextprotocol.registry/official"
_RANGE = re.compile(r"[\^~<>=|*\s/]|(?:^|\.)[xX](?:\.|$)|^latest$")

Status = Literal["active", "deprecated", "deleted"]


def _exact(version: str) -> str:
    if _RANGE.search(version):
        raise ValueError("one exact version, which fits into an address")
    return version


class _Said(BaseModel):
    model_config = ConfigDict(
        frozen=True, alias_generator=to_camel, validate_by_name=True, validate_by_alias=True, serialize_by_alias=True
    )


class Remote(_Said):
    type: Literal["streamable-http"] = "streamable-http"
    url: Annotated[str, Field(pattern=r"^https?://[^\s]+$")]


class ServerJson(_Said):
    """`server.json`: how to connect, and what it is for."""

    schema_url: Annotated[str, Field(alias="$schema")] = SCHEMA
    name: Annotated[str, Field(min_length=3, max_length=200, pattern=r"^[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+$")]
    title: Annotated[str, Field(min_length=1, max_length=100)]
    description: Annotated[str, Field(min_length=1, max_length=100)]
    version: Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_exact)]
    website_url: str
    remotes: tuple[Remote, ...]

    @classmethod
    def of(cls, manifest: Manifest, version: str, *, name: str, url: str, page: str) -> "ServerJson":
        """Raises `ValidationError` for what the format can't say. Title and summary changed without a review."""
        return cls(
            name=name,
            title=cleaned(manifest.title, 100).strip(),
            description=cleaned(manifest.summary, 100).strip(),
            version=version,
            website_url=page,
            remotes=(Remote(url=url),),
        )


class Official(_Said):
    """What the registry adds; the format allows these six and no other."""

    status: Status
    status_message: str | None = None
    status_changed_at: datetime
    published_at: datetime
    updated_at: datetime
    is_latest: bool


class Entry(_Said):
    """One version of one server. Some clients reject a whole list whose first entry has no `_meta`."""

    server: ServerJson
    meta: Annotated[dict[str, Any], Field(alias="_meta")]


class AllowedServer(_Said):
    server_url: str


class Allowlist(_Said):
    """The part of a `managed-settings.json` that lets a machine's clients connect to what is approved, and no more."""

    allowed_mcp_servers: tuple[AllowedServer, ...]


class Metadata(_Said):
    count: int
    next_cursor: str | None = None


class ServerList(_Said):
    servers: list[Entry]
    metadata: Metadata
