"""A server is reached through the proxy alone: no port, no other account, nobody whom the proxy did not announce."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.edge import Edge
from tests.e2e.numbers import exposed
from tests.e2e.stack import Stack
from tests.gateway.wire import CURRENT, PREVIOUS

LISTENING = "0A"
KNOCK = "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])"


def listening_inodes() -> set[str]:
    """The sockets that listen on TCP anywhere on this machine."""
    rows = [line.split() for name in ("tcp", "tcp6") for line in Path("/proc/net", name).read_text().splitlines()[1:]]
    return {row[9] for row in rows if row[3] == LISTENING}


def open_sockets(pid: int) -> set[str]:
    """The sockets of a process."""
    links = [os.readlink(handle) for handle in Path(f"/proc/{pid}/fd").iterdir() if handle.is_symlink()]
    return {link.removeprefix("socket:[").rstrip("]") for link in links if link.startswith("socket:[")}


@pytest.mark.parametrize("era", [CURRENT, PREVIOUS])
def test_who_comes_past_the_proxy_is_refused(stack: Stack, edge: Edge, era: str) -> None:
    ana = edge.bearer("ana")
    for claim in ([], [("x-forwarded-user", "olu")], [("x-forwarded-user", "ana"), ("x-forwarded-user", "olu")]):
        refused = edge.past_the_proxy(stack.socket("seed"), ana, *claim, era=era)
        assert refused.status in (401, 403), claim
        assert refused.body["code"] in ("unauthenticated", "authorization_denied")


def test_a_name_without_a_token_is_nobody(stack: Stack, edge: Edge) -> None:
    refused = edge.past_the_proxy(stack.socket("seed"), ("x-forwarded-user", "ana"))
    assert (refused.status, refused.body["code"]) == (401, "unauthenticated")


def test_whoever_comes_past_the_proxy_is_counted(stack: Stack, edge: Edge) -> None:
    sample = 'seedbed_refusals_total{reason="identity"}'
    before = exposed(stack.inside(stack.socket("seed"), "/metrics")).get(sample, 0)
    edge.past_the_proxy(stack.socket("seed"), edge.bearer("ana"), ("x-forwarded-user", "olu"))
    assert exposed(stack.inside(stack.socket("seed"), "/metrics"))[sample] > before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another account")
def test_another_account_cannot_connect(stack: Stack) -> None:
    for socket in (*map(stack.socket, stack.servers), stack.home.registry_socket, stack.home.admin_socket):
        subprocess.run([sys.executable, "-c", KNOCK, socket], check=True)
        nobody = ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        knocked = subprocess.run(
            [*nobody, sys.executable, "-c", KNOCK, socket], capture_output=True, text=True, check=False
        )
        assert knocked.returncode != 0
        assert "Permission" in knocked.stderr


def test_the_folders_of_the_sockets_are_closed_to_others(stack: Stack) -> None:
    modes = {path: stat.S_IMODE(path.parent.stat().st_mode) for path in map(stack.socket, stack.servers)}
    assert not {path: oct(mode) for path, mode in modes.items() if mode & 0o027}
    assert stat.S_IMODE(stack.home.platform.stat().st_mode) == 0o700
    assert stat.S_IMODE(stack.home.admin_socket.stat().st_mode) == 0o600


def test_no_server_has_a_port(stack: Stack) -> None:
    listening = listening_inodes()
    with_ports = {name for name, pid in stack.pids.items() if pid and open_sockets(pid) & listening}
    assert with_ports == {"identity", "engine"}, "the proxy is the gateway's child and has the only other one"
