"""Files that only their owner may read, written whole or not at all."""

import os
import tempfile
from pathlib import Path


def private_folder(folder: Path) -> Path:
    """`folder`, made if it is missing, closed to everybody else."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


def write_private(path: Path, text: str) -> None:
    """Replace `path` by `text` in one step; a reader sees the old or the new, never half of it."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # 0600 from the first byte
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    Path(draft).replace(path)
