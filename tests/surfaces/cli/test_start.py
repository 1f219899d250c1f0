"""`seedbed` starts fast: help, login, headers and tools never load the SDK."""

import re
import subprocess
import sys

import pytest

from tests.surfaces.cli.terminal import Terminal

HEAVY = {"mcp", "mcp_types", "platform_core", "uvicorn"}  # typer itself brings pydantic


def loaded(terminal: Terminal, *words: str) -> set[str]:
    """The top-level packages that one real command imported."""
    command = [sys.executable, "-X", "importtime", "-m", "surfaces.cli", *words]
    env = terminal.environment()
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
    return {name.partition(".")[0] for name in re.findall(r"\| +([\w.]+)$", done.stderr, re.MULTILINE)}


@pytest.mark.parametrize(
    "words", [("--help",), ("policy", "--help"), ("login", "--help"), ("whoami",), ("headers", "presto"), ("tools",)]
)
def test_no_command_but_call_loads_the_sdk(ana: Terminal, words: list[str]) -> None:
    found = loaded(ana, *words)
    assert "typer" in found
    assert not found & HEAVY


def test_a_login_loads_http_and_nothing_heavier(terminal: Terminal) -> None:
    found = loaded(terminal, "login", "--url", "http://127.0.0.1:1")
    assert "httpx2" in found
    assert not found & HEAVY


def test_headers_needs_not_even_http(ana: Terminal) -> None:
    assert not loaded(ana, "headers", "presto") & {"httpx2", "rich", "importlib_metadata"}
