"""How the local Airflow is set up: `SEEDBED_LOCAL_AIRFLOW_...`."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from platform_core.settings import SecretStr, Settings

HOST = "127.0.0.1"


class LocalAirflowSettings(Settings, part="local_airflow"):
    """Where it listens and keeps what it knows."""

    state: Path
    """Its folder: database, logs, and where the secret is not given, that too."""
    port: Annotated[int, Field(ge=1, le=65535)] = 8790
    secret: SecretStr
    """What its tokens are signed with, 64 bytes or more; the Airflow server has the same."""
    dags: Path = Path(__file__).with_name("dags")

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"
