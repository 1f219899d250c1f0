"""Whether Envoy really serves: `/ready` says LIVE even when a listener could not bind, the counters don't."""

from pathlib import Path

from gateway.admin import Admin, AdminGone

PATTERN = (
    r"^(listener_manager\.(listener_create_failure|total_listeners_active|workers_started)"
    r"|cluster_manager\.cds\.update_success|http\..*\.rds\..*\.update_success)$"
)


def is_serving(admin_socket: Path, listeners: int) -> bool:
    """Say whether the Envoy behind `admin_socket` has taken its configuration and serves on `listeners` doors."""
    admin = Admin(admin_socket)
    try:
        return admin.live() and proves_serving(admin.stats(PATTERN), listeners)
    except AdminGone:
        return False


def proves_serving(stats: dict[str, str], listeners: int) -> bool:
    """Judge Envoy's own counters. A later update that it rejected is no fault here: it serves on as before."""
    routes = [int(value) for name, value in stats.items() if ".rds." in name]
    return (
        stats.get("listener_manager.workers_started") == "1"
        and stats.get("listener_manager.total_listeners_active") == str(listeners)
        and stats.get("listener_manager.listener_create_failure") == "0"
        and int(stats.get("cluster_manager.cds.update_success", 0)) > 0
        and len(routes) == listeners
        and all(routes)
    )
