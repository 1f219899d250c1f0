"""Connections to an engine that a test opens; the fixtures close them."""

from collections.abc import Callable

from servers.presto.engine.cluster import Cluster
from servers.presto.session import Session

ClusterAt = Callable[..., Cluster]
"""`cluster_at(coordinator, **settings)`."""
SessionAt = Callable[..., Session]
"""`session_at(coordinator, **settings)`: ana's."""
