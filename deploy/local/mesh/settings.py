"""How the agent is set up: `SEEDBED_MESH_...`."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from platform_core.settings import Settings

TrustDomain = Annotated[str, Field(pattern=r"^[a-z0-9._-]{1,255}$")]


def _spiffe_path(path: str) -> str:
    if {".", ".."} & set(path.split("/")):
        raise ValueError("a SPIFFE id has no `.` and no `..` in its path")
    return path


SpiffePath = Annotated[str, Field(pattern=r"^(/[a-zA-Z0-9._-]+)+$"), AfterValidator(_spiffe_path)]
"""What follows the trust domain in a SPIFFE id."""


class AgentSettings(Settings, part="mesh"):
    """Where the agent listens, what it keeps, whom it knows from the start, and how long its SVIDs live."""

    socket: Path
    """Where workloads ask, in the words of the SPIFFE Workload API."""
    state: Path
    """Folder of the authorities' keys and of the entries made by command."""
    trust_domain: TrustDomain = "seedbed.internal"
    entries: tuple[SpiffePath, ...] = ()
    """Paths of SPIFFE ids that this account may be, as a JSON list; others are made by `enter`."""
    svid_seconds: Annotated[float, Field(ge=1, le=86_400)] = 3_600
    """Life of an SVID; the next one is pushed at half of it."""
    sync_seconds: Annotated[float, Field(gt=0)] = 5.0
    """How often the agent looks for changed entries and authorities: as often as a real one asks its server."""
