"""What the command line is told of a stack that runs here."""

import json
import os
from pathlib import Path

from deploy.local.stack.home import Home


def tell_the_cli(home: Home) -> None:
    """Make this stack the default of `seedbed login`, unless the person chose another one."""
    folder = Path(os.environ.get("SEEDBED_CLI_HOME") or Path.home() / ".config" / "seedbed").expanduser()
    file, mark = folder / "config.json", home.path / "cli-default"
    config: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    ours = mark.read_text() if mark.exists() else None
    if config.get("default_url") in (None, ours):
        told = {"default_url": home.base, "suspensions": str(home.suspensions)}
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.write_text(json.dumps(config | told))
        mark.write_text(home.base)
