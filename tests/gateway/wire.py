"""Bytes to the proxy and back, and the messages that go in them."""

import contextlib
import json
import socket
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

PATIENCE = 60.0
CURRENT, PREVIOUS = "2026-07-28", "2025-11-25"
"""The two eras of the protocol."""

READING = ["tools/list", "resources/list", "prompts/list", "ping", "server/discover"]
"""Methods by which a client looks around."""
FORM = {"code", "rule", "detail", "how_to_ask", "trace_id", "server"}
"""What a refusal says."""
PROBLEM = {"error", "title", "status", "detail", "errors"}
"""What a refusal below `/v0.1` says too: the keys of the official registry's own."""

Json = dict[str, Any]
Header = tuple[str, str]


@dataclass(frozen=True)
class Reply:
    """An answer, its body read as JSON where it is."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def seen(self) -> dict[str, list[str]]:
        """The headers that the echoing server behind the proxy saw."""
        return dict(self.body["headers"])


def refused(reply: Reply, status: int, code: str) -> bool:
    """Whether `reply` is this refusal, in the one form that all have."""
    return reply.status == status and reply.body.keys() == FORM and reply.body["code"] == code


def refused_to_ides(reply: Reply, status: int, code: str) -> bool:
    """Whether `reply` is this refusal in both forms, which say the same."""
    body = reply.body
    problem: Json = {"error": body["detail"], "title": HTTPStatus(status).phrase, "status": status, "errors": []}
    said = reply.status == status and reply.headers["content-type"] == "application/problem+json"
    return said and body["code"] == code and body.keys() == FORM | PROBLEM and problem.items() <= body.items()


def connect(port: int, tls: ssl.SSLContext | None = None) -> socket.socket:
    """Open a connection; with `tls`, as the workload whose certificate is in it."""
    wire = socket.create_connection(("127.0.0.1", port), PATIENCE)
    return tls.wrap_socket(wire) if tls else wire


def request(method: str, path: str, host: str, headers: Sequence[Header], body: bytes) -> bytes:
    """Exactly these bytes, so that no client library tidies them."""
    lines = [f"{method} {path} HTTP/1.1", f"host: {host}", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def exchange(port: int, sent: bytes, tls: ssl.SSLContext | None = None) -> Reply:
    """Send a request and read the answer."""
    with connect(port, tls) as wire:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # refused before it was all sent
            wire.sendall(sent)
        return read_reply(wire)


def read_reply(wire: socket.socket) -> Reply:
    """Read one answer. Raises `ConnectionError` where the other end hangs up without one."""
    data = b""
    while block := wire.recv(65536):
        data += block
        head, gap, rest = data.partition(b"\r\n\r\n")
        if gap and len(rest) >= _length(head):
            break
    if not data:
        raise ConnectionError("closed without an answer")
    head, _, rest = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    status = int(first.split()[1])
    with contextlib.suppress(ValueError):
        return Reply(status, headers, json.loads(rest))
    return Reply(status, headers, rest.decode())


def read_until(wire: socket.socket, end: bytes) -> bytes:
    """What arrives up to `end`, or to the end of the connection."""
    data = b""
    while end not in data and (block := wire.recv(65536)):
        data += block
    return data


def _length(head: bytes) -> float:
    lengths = [int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return lengths[0] if lengths else float("inf")


def message(method: str, name: str | None = None, *, era: str = CURRENT, **params: Any) -> Json:
    """One MCP message of either era; `name` is the tool or prompt it is for."""
    named: Json = {"name": name, "arguments": {}} if name else {}
    meta = {
        "io.modelcontextprotocol/protocolVersion": era,
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
    }
    whole = {**named, **params, **({"_meta": meta} if era == CURRENT else {})}
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": whole}


def mirrored(sent: Json, *, era: str = CURRENT, name: str | None = None) -> list[Header]:
    """The headers that go with `sent`; `name` lies about what it is for."""
    headers = [("content-type", "application/json"), ("accept", "application/json, text/event-stream")]
    headers.append(("mcp-protocol-version", era))
    if era == CURRENT or name:
        headers.append(("mcp-method", sent["method"]))
        named = name or sent["params"].get("name") or sent["params"].get("uri")
        headers += [("mcp-name", named)] if named else []
    return headers
