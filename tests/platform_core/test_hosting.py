"""A socket belongs to the accounts that it was opened for, and to one living server."""

import json
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from platform_core.errors import WiringError
from platform_core.hosting import SOCKET_PATH_LIMIT, PeerChecked, bind
from tests.platform_core.serving import serving

NOBODY = 65534
KNOCK = """
import os, socket, sys
os.setgid({account}); os.setuid({account})
visitor = socket.socket(socket.AF_UNIX)
visitor.connect(sys.argv[1])
try:
    visitor.sendall(b"GET / HTTP/1.1\\r\\nhost: x\\r\\nconnection: close\\r\\n\\r\\n")
    print(len(visitor.recv(1000)))
except OSError as error:
    print(0)
"""


def test_a_socket_is_for_its_account_and_group(nook: Path) -> None:
    path = nook / "run" / "server.sock"
    with bind(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        assert stat.S_IMODE(path.parent.stat().st_mode) & 0o007 == 0


def test_the_mask_of_the_process_is_as_it_was(nook: Path) -> None:
    before = os.umask(0o022)
    with bind(nook / "server.sock"):
        assert os.umask(before) == 0o022


def test_a_dead_servers_socket_is_replaced(nook: Path) -> None:
    path = nook / "server.sock"
    bind(path).close()
    assert path.exists()
    with bind(path) as listener:
        listener.listen()
        with socket.socket(socket.AF_UNIX) as visitor:
            visitor.connect(str(path))


def test_a_living_servers_socket_is_left_alone(nook: Path) -> None:
    path = nook / "server.sock"
    with bind(path) as listener:
        listener.listen()
        with pytest.raises(WiringError, match="another process already listens at"):
            bind(path)
        with socket.socket(socket.AF_UNIX) as visitor:
            visitor.connect(str(path))


def test_a_path_that_the_kernel_would_cut_is_refused(nook: Path) -> None:
    path = nook / ("x" * (SOCKET_PATH_LIMIT - len(str(nook)))) / "s"
    with pytest.raises(WiringError, match="longer than 107 bytes; choose a shorter folder"):
        bind(path)
    fits = nook / ("y" * (SOCKET_PATH_LIMIT - len(str(nook)) - 1))
    with bind(fits):
        assert fits.exists()


class Seen:
    """ASGI application that notes who got through."""

    def __init__(self) -> None:
        self.requests = 0

    async def __call__(self, scope: object, receive: object, send: object) -> None:
        self.requests += 1
        await send({"type": "http.response.start", "status": 200})  # type: ignore[operator]
        await send({"type": "http.response.body", "body": b"in"})  # type: ignore[operator]


def knock(path: Path, account: int) -> int:
    """Visit the socket at `path` as `account`; returns the number of bytes that came back."""
    program = [sys.executable, "-c", KNOCK.format(account=account), str(path)]
    return int(subprocess.run(program, capture_output=True, check=True, text=True, timeout=60).stdout)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can visit as somebody else")
@pytest.mark.parametrize(
    ("peers", "account", "in_"),
    [({0}, 0, True), ({0}, NOBODY, False), ({NOBODY}, NOBODY, True), ({NOBODY}, 0, False), (set[int](), 0, False)],
)
def test_another_account_is_cut_off_even_where_the_folder_lets_it_in(
    nook: Path, peers: set[int], account: int, in_: bool, caplog: pytest.LogCaptureFixture
) -> None:
    seen, path = Seen(), nook / "server.sock"
    nook.chmod(0o755)
    with serving(seen, path, http=type("Protocol", (PeerChecked,), {"peers": frozenset(peers)})):
        path.chmod(0o666)
        assert (knock(path, account) > 0, seen.requests) == (in_, int(in_))
    assert (f"account {account} reached for the socket and was cut off" in caplog.text) is not in_


def test_nobody_may_connect_unless_somebody_was_named() -> None:
    assert PeerChecked.peers == frozenset()
    assert json.dumps(sorted(PeerChecked.peers)) == "[]"
