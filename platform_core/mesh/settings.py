"""Where a part finds its identity: `SEEDBED_MESH_...`."""

from pathlib import Path

from platform_core.settings import Settings


class MeshSettings(Settings, part="mesh"):
    """The agent of this machine: SPIRE's where it is hosted, the one of `seedbed up` on a laptop."""

    socket: Path
    """Unix socket of the SPIFFE Workload API."""
