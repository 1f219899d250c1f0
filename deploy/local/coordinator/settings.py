"""How the SQL engine is set up: `SEEDBED_COORDINATOR_...`."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from deploy.local.coordinator.catalog.tpch import scale_of
from platform_core.settings import Settings

HOST = "127.0.0.1"
"""It believes every name in `X-Trino-User`, so it never listens beyond its own machine."""


def _scales(schemas: str) -> str:
    for schema in schemas.split(","):
        scale_of(schema)
    return schemas


class CoordinatorSettings(Settings, part="coordinator"):
    """Where the engine listens, what it keeps and how much it does at once."""

    data: Path
    port: Annotated[int, Field(ge=1, le=65535)] = 8789
    schemas: Annotated[str, AfterValidator(_scales)] = "tiny"
    running: Annotated[int, Field(ge=1)] = 16
    history: Annotated[int, Field(ge=1)] = 1000
    client_timeout_s: Annotated[float, Field(gt=0)] = 300.0
    memory: Annotated[str, Field(pattern=r"^\d+(\.\d+)?[KMG]B$")] = "1GB"
    threads: Annotated[int, Field(ge=1)] | None = None

    @property
    def url(self) -> str:
        """The base address that clients are given."""
        return f"http://{HOST}:{self.port}"
