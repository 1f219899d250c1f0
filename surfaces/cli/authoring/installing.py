"""A new server becomes a program of the clone's own environment."""

from surfaces.cli.authoring.clone import Clone
from surfaces.cli.authoring.naming import Plan


def install(clone: Clone, plan: Plan) -> bool:
    """Install it as `make setup` would; False where that is still to be run."""
    uv, python = clone.root / ".tools" / "bin" / "uv", clone.root / ".venv" / "bin" / "python"
    if not (uv.exists() and python.exists()):
        return False
    done = clone.run(uv, "pip", "install", "-q", "--no-deps", "-p", python, "-e", clone.root / plan.folder)
    return done.returncode == 0
