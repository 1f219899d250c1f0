"""Where applications and their logs are, and how much one question may cost: the operator's words."""

import os
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from pydantic import Field

from platform_core.settings import BaseUrl, SecretStr, Settings

SAMPLES, NONE = "samples", "none"


class SparkSettings(Settings, part="spark"):
    """`SEEDBED_SPARK_*`."""

    event_logs: str = SAMPLES
    """Folders of event logs, commas between: paths, URLs that fsspec knows, `samples` that come along, or `none`."""
    rest: BaseUrl | None = None
    """URL of a History Server or of a live driver's page, without /api/v1."""
    rest_token: SecretStr | None = None
    """Bearer token of this server's own for it: never the token of the person who asks."""
    logs: str = SAMPLES
    """Where logs of drivers and executors are: a path or URL with {app_id}, {executor} (an id, or `driver`) and
    {stream} (stderr, stdout) in it, or `none`."""
    state: Path | None = None
    """Folder of digests and root causes; if not set, `spark` in the platform's state folder or the user's cache."""
    root_causes: SecretStr | None = None
    """URL of a PostgreSQL for root causes, with its password; if not set, a SQLite file in the state folder."""
    most_log_bytes: Annotated[int, Field(ge=1 << 20)] = 8 << 30
    """Unpacked bytes of one event log that are read."""
    most_seconds: Annotated[float, Field(gt=0, le=600)] = 50
    """Of reading for one question."""
    workers: Annotated[int, Field(ge=1, le=16)] = 2
    """Event logs that are read beside each other, each in a process of its own."""
    visible_seconds: Annotated[float, Field(ge=0)] = 900
    """How long after its start an application may have no log yet."""

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders as paths and URLs."""
        named = (part.strip() for part in self.event_logs.split(","))
        return tuple(f"{_samples()}/events" if name == SAMPLES else name for name in named if name != NONE)

    @property
    def log_template(self) -> str:
        layout = "{app_id}/{executor}/{stream}"
        return {SAMPLES: f"{_samples()}/logs/{layout}", NONE: ""}.get(self.logs, self.logs)

    @property
    def state_folder(self) -> Path:
        cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
        return self.state or Path(os.environ.get("SEEDBED_PLATFORM_STATE") or f"{cache}/seedbed") / "spark"


def _samples() -> str:
    return str(files("servers.spark") / SAMPLES)
