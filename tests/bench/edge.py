"""`make bench ONLY=edge`: what Envoy adds to a call, and how large each server's tool list is."""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager

from deploy.local.identity.robot import approve
from deploy.local.stack import processes
from deploy.local.stack.describing import described
from deploy.local.stack.home import Home
from deploy.local.stack.servers import served
from tests.bench.core import NEW, OLD
from tests.bench.load import drive
from tests.bench.rows import Row

SECONDS = 3.0
UNLIMITED = {"SEEDBED_GATEWAY_CALLS_PER_SECOND": "1000000", "SEEDBED_GATEWAY_BURST": "1000000"}


def run() -> list[Row]:
    """Start a stack of its own and measure a call of the seed through the edge and past it, one caller."""
    with _stack() as home:
        token = _token(home)
        rows = [row for era in (NEW, OLD) for row in _added(home, token, era)]
        return rows + _lists()


@contextmanager
def _stack() -> Generator[Home]:
    with tempfile.TemporaryDirectory(prefix="sb-b-", dir="/tmp") as folder:  # short, for the sockets
        os.environ |= {"SEEDBED_LOCAL_HOME": f"{folder}/h", "SEEDBED_CLI_HOME": f"{folder}/c"} | UNLIMITED
        try:
            _seedbed("up")
            yield Home.load()
        finally:
            _seedbed("down")


def _seedbed(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "surfaces.cli", *words], check=True, stdout=sys.stderr)


def _token(home: Home) -> str:
    """Ana's token, by the device flow and the headers helper."""
    login = subprocess.Popen([sys.executable, "-m", "surfaces.cli", "login"], stdout=subprocess.PIPE, text=True)
    for line in login.stdout or ():
        if code := re.search(r"^Code\s+(\S+)", line):
            approve(home.issuer, code[1], "ana")
    login.wait(30)
    helper = [sys.executable, "-m", "surfaces.cli", "headers", "seed"]
    answer = subprocess.run(helper, check=True, capture_output=True, text=True)
    return str(json.loads(answer.stdout)["Authorization"]).removeprefix("Bearer ")


def _request(era: str, path: str, host: str, token: str) -> bytes:
    params: dict[str, object] = {"name": "greet", "arguments": {"word": "Hello"}}
    headers = [f"host: {host}", f"authorization: Bearer {token}", f"mcp-protocol-version: {era}"]
    headers += ["content-type: application/json", "accept: application/json, text/event-stream"]
    headers += ["x-forwarded-user: ana"] if path == "/mcp" else []
    if era == NEW:
        headers += ["mcp-method: tools/call", "mcp-name: greet"]
        prefix = "io.modelcontextprotocol/"
        params["_meta"] = {f"{prefix}protocolVersion": era, f"{prefix}clientCapabilities": {}}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
    return "\r\n".join([f"POST {path} HTTP/1.1", *headers, f"content-length: {len(body)}", "", body]).encode()


def _added(home: Home, token: str, era: str) -> list[Row]:
    host = home.base.removeprefix("http://")
    edge = ("127.0.0.1", home.ports["production-edge"])
    past = str(home.server_socket("production", "seed"))
    running = processes.found(home, "seed")
    pids = [running.pid] if running else []
    ways = {"edge": (edge, _request(era, "/mcp/seed", host, token)), "past": (past, _request(era, "/mcp", host, token))}
    taken = {
        name: drive(address, call, expect=b"Hello, ana", pids=pids, callers=1, seconds=SECONDS).p50_ms
        for name, (address, call) in ways.items()
    }
    work = f"a call of the seed through Envoy, {era}; beside its socket (p50, one caller)"
    return [Row(part="edge", work=work, ours=taken["edge"], baseline=taken["past"], unit="ms")]


def _lists() -> list[Row]:
    """Characters of `tools/list` by four: about what a model's context pays."""
    rows: list[Row] = []
    for told in described(served()):
        name, contract = told.served.name, told.registration.contract
        shown = {
            n: {"description": t.description, "input": t.input, "output": t.output} for n, t in contract.tools.items()
        }
        size = len(json.dumps(shown, separators=(",", ":"))) / 4
        rows.append(Row(part="edge", work=f"tools/list of {name}, characters / 4", ours=size, unit="tokens"))
    return rows
