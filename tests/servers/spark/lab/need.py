"""Whether a test can have the lab: it is brought at the first time, or the test is skipped with the reason."""

import subprocess

import pytest

from tests.servers.spark.lab.install import SPARK, environment


def lab() -> None:
    """Bring the lab. Skips where a package registry, a Java or the room for it is missing."""
    try:
        told = environment()
        java = subprocess.run([f"{told['JAVA_HOME']}/bin/java", "-version"], capture_output=True, check=False)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no Spark lab: {SPARK} could not be installed ({type(error).__name__})")
    if java.returncode:
        pytest.skip(f"no Spark lab: no Java here runs {SPARK}")
