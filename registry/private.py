"""Folders that only this account enters."""

from pathlib import Path

from platform_core.errors import WiringError


def private_folder(folder: Path) -> None:
    """Make `folder` for this account alone. Whoever reaches a socket in it is believed, so a wider one is refused."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if folder.stat().st_mode & 0o077:
        raise WiringError(f"{folder} is open to other accounts, and whoever enters it is believed: chmod 700 {folder}")
