"""The protocol's own conformance suite, both revisions, against a server composed through the platform's layers."""

import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.npm import programs

pytestmark = [pytest.mark.real, pytest.mark.npm, pytest.mark.conformance]
PATIENCE = 300


@pytest.fixture(scope="module")
def suite() -> list[str]:
    try:
        return programs.conformance()
    except programs.NoPackages as error:
        pytest.skip(f"no npm packages: {error}")


@pytest.fixture(scope="module")
def url() -> Generator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port, fd = listener.getsockname()[1], listener.fileno()
        command = [sys.executable, "-m", "tests.conformance.everything", str(fd)]
        process = subprocess.Popen(command, pass_fds=[fd])
    yield f"http://127.0.0.1:{port}/mcp"
    process.terminate()
    assert process.wait(PATIENCE) == -signal.SIGTERM, "the server had ended by itself"


@pytest.mark.parametrize("revision", ["2025-11-25", "2026-07-28"])
def test_a_server_behind_the_platform_keeps_the_protocol(
    revision: str, suite: list[str], url: str, tmp_path: Path
) -> None:
    known = Path(__file__).with_name(f"expected-failures-{revision}.yml")
    asked = ["server", "--url", url, "--suite", "all", "--spec-version", revision, "--expected-failures", str(known)]
    done = subprocess.run([*suite, *asked], cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE, check=False)
    _, _, summary = done.stdout.partition("=== SUMMARY ===")
    assert done.returncode == 0, summary or done.stdout + done.stderr
