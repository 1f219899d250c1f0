"""Small files that outlive the process: replaced in one step, and never a reason to stop."""

import logging
import os
from pathlib import Path

log = logging.getLogger(__name__)


def keep(path: Path, text: str) -> None:
    """Make `text` all that stands at `path`. A disk that takes nothing is logged: what is obeyed stays obeyed."""
    fresh = path.with_name(f"{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh.write_text(text)
        os.replace(fresh, path)
    except OSError as error:
        log.error("%s can't be kept and will be missing after a restart: %s", path.name, error)
