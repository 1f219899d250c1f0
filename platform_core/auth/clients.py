"""Which surface an OAuth client belongs to; a client that is not listed here reaches nothing."""

from collections.abc import Mapping
from types import MappingProxyType

PROBE = "seedbed-probe"
"""The registry's own eye: it may list everything and call nothing."""

SURFACES: Mapping[str, str] = MappingProxyType({"seedbed-cli": "cli", "seedbed-registry": "registry", PROBE: "probe"})
"""Client id (`azp`) to surface, environment `production`, edge listener."""
