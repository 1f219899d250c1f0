"""A real Trino in the user's cache folder: the server's core and two connectors, fetched by Maven."""

import os
import re
import shutil
import subprocess
import tarfile
import zipfile
from pathlib import Path

VERSION = "476"
"""The newest whose server is published as an archive."""
LEAST_JAVA = 24
CONNECTORS = ("tpch", "memory")
_KEPT = ("password-authenticators", "resource-group-managers", "session-property-managers")
"""Each plugin costs time at the start."""
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "seedbed" / "trino"


class NoTrino(Exception):
    """What is missing to have one."""


def java(*, least: int = LEAST_JAVA, most: int = 99) -> Path:
    """The newest JDK of the machine that the engine runs on. Raises `NoTrino`."""
    homes = [home for home in Path("/usr/lib/jvm").glob("*") if (home / "bin" / "java").exists()]
    found = sorted((_major(home), home) for home in homes if least <= _major(home) <= most)
    if not found:
        raise NoTrino(f"no JDK {least} or newer in /usr/lib/jvm" if most > least + 50 else f"no JDK {least} to {most}")
    return found[-1][1] / "bin" / "java"


def server() -> Path:
    """The unpacked server; about 210 MB are fetched at the first time. Raises `NoTrino`."""
    home = CACHE / f"trino-server-core-{VERSION}"
    if not (home / ".ready").exists():
        shutil.rmtree(home, ignore_errors=True)
        _unpack_server(_fetch("server-core", "tar.gz"))
        for plugin in (home / "plugin").iterdir():
            if plugin.name not in _KEPT:
                shutil.rmtree(plugin)
        for name in CONNECTORS:
            _add(name, home)
        (home / ".ready").touch()
    return home


def _unpack_server(archive: Path) -> None:
    with tarfile.open(archive) as tar:
        tar.extractall(CACHE)  # noqa: S202  # Trino's own, as Maven verified it


def _add(connector: str, home: Path) -> None:
    with zipfile.ZipFile(_fetch(connector, "zip")) as zipped:
        zipped.extractall(CACHE)  # noqa: S202
    (CACHE / f"trino-{connector}-{VERSION}").rename(home / "plugin" / connector)


def _fetch(artifact: str, packaging: str) -> Path:
    return maven(f"io.trino:trino-{artifact}", VERSION, packaging, CACHE)


def maven(artifact: str, version: str, packaging: str, folder: Path) -> Path:
    """The file of an artefact, fetched into `folder` at the first time. Raises `NoTrino`."""
    name = artifact.rpartition(":")[2]
    archive = folder / f"{name}-{version}.{packaging}"
    if archive.exists():
        return archive
    if shutil.which("mvn") is None:
        raise NoTrino("no Maven to fetch it with")
    folder.mkdir(parents=True, exist_ok=True)
    wanted = f"-Dartifact={artifact}:{version}:{packaging}"
    command = ["mvn", "-B", "-q", "dependency:copy", wanted, f"-DoutputDirectory={folder}"]
    if subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode != 0:
        raise NoTrino(f"Maven could not fetch {name} {version}")
    return archive


def _major(home: Path) -> int:
    try:
        found = re.search(r'JAVA_VERSION="(\d+)', (home / "release").read_text())
    except OSError:
        return 0
    return int(found[1]) if found else 0
