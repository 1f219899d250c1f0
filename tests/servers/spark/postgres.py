"""A real PostgreSQL of its own, in a folder, as an account that is not root; gone at the end of the block."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

import pytest

NO_POSTGRESQL = "no PostgreSQL server programs here (Debian: apt-get install postgresql)"


def programs() -> Path | None:
    """The folder of `initdb` and `postgres`, the newest one."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


@contextmanager
def postgres() -> Generator[str]:
    """The URL of an empty one."""
    where = programs()
    if where is None:
        pytest.skip(NO_POSTGRESQL)
    folder = Path(mkdtemp(prefix="sb-pg-", dir="/tmp"))  # a short path: its socket lies in it
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    control = [str(where / "pg_ctl"), "-D", str(folder / "data"), "-w", "-l", str(folder / "log")]
    try:
        _run(str(where / "initdb"), "-D", str(folder / "data"), "-U", "app", "-A", "trust", "--no-sync", "-E", "UTF8")
        _run(*control, "-o", f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off", "start")
        try:
            yield f"postgresql://app@/postgres?host={folder}"
        finally:
            _run(*control, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


def _run(*command: str) -> None:
    """PostgreSQL refuses to run as root."""
    account = "nobody" if os.geteuid() == 0 else None
    own = {"LC_ALL": "C", "PATH": os.environ["PATH"], "HOME": "/tmp"}  # noqa: S108 - it writes nothing there
    done = subprocess.run(
        command, user=account, group=None, cwd="/", env=own, capture_output=True, text=True, check=False, timeout=60,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
