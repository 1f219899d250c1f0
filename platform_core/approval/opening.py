"""The desk of one server: at the registry, or for an experiment without one in a file."""

from pathlib import Path

from platform_core.approval.desk import Desk
from platform_core.approval.remote import RegistryApprovals
from platform_core.approval.settings import ApprovalSettings
from platform_core.approval.sqlite import SqliteApprovals
from platform_core.auth.settings import PlatformSettings
from platform_core.registration.contract import Contract
from platform_core.registration.manifest import Manifest


def hosted_desk(manifest: Manifest, contract: Contract, platform: PlatformSettings) -> Desk:
    """Where a hosted server asks: in a form, or on the registry's page."""
    settings = ApprovalSettings.load()
    return Desk(
        store=RegistryApprovals(platform.registry_socket),
        environment=platform.environment,
        server=manifest.name,
        title=manifest.title,
        contract=contract.digest,
        pages=settings.pages or platform.base,
        keys=settings.ring,
        lifetime=settings.lifetime_seconds,
        patience=settings.patience_seconds,
    )


def bare_desk(manifest: Manifest, contract: Contract, folder: Path, *, pages: str | None = None) -> Desk:
    """Where an experiment asks: in a form and nowhere else, unless there are `pages`."""
    return Desk(
        store=SqliteApprovals(folder / "approvals.db"),
        environment="dev",
        server=manifest.name,
        title=manifest.title,
        contract=contract.digest,
        pages=pages,
    )
