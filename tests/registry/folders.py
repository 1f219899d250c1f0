"""Folders of a test, and the database in one."""

import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from registry.store.database import open_database


@contextmanager
def short_folder() -> Generator[Path]:
    """A folder whose path leaves room for the name of a unix socket."""
    with tempfile.TemporaryDirectory(prefix="sb-", dir="/tmp") as folder:
        yield Path(folder)


_EMPTY: list[bytes] = []


async def migrated(path: Path) -> None:
    """An empty database is migrated once in each test process, and copied; what is there already is left alone."""
    if not _EMPTY:
        with short_folder() as folder:
            async with open_database(folder / "registry.db"):
                pass
            _EMPTY.append((folder / "registry.db").read_bytes())
    _copied(path)


def _copied(path: Path) -> None:
    if not path.exists():
        path.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
        path.write_bytes(_EMPTY[0])
