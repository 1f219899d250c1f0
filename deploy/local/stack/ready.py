"""Ready by truth: a part is ready when it answers what it is for, not when its process exists."""

import json
import re
from collections.abc import Collection
from pathlib import Path

import grpc
import httpx2

from gateway.admin import Admin, AdminGone
from gateway.install import LISTENERS
from gateway.truth import is_serving
from platform_core.mesh.wire import FETCH_SVIDS, HEADER, SERVICE, read_svids

SECONDS = 2.0


def http(url: str) -> bool:
    """Whether a GET of `url` answers 200."""
    return _ok(httpx2.HTTPTransport(), url)


def unix(path: Path, target: str) -> bool:
    """Whether a GET of `target` over the unix socket `path` answers 200."""
    return _ok(httpx2.HTTPTransport(uds=str(path)), f"http://localhost{target}")


def identities(socket: Path) -> bool:
    """Whether the agent behind the Workload API's socket hands this account an identity."""
    with grpc.insecure_channel(f"unix:{socket}") as channel:
        fetch: grpc.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(f"/{SERVICE}/{FETCH_SVIDS}")
        try:
            return bool(read_svids(next(fetch(b"", metadata=(HEADER,), timeout=SECONDS))))
        except (grpc.RpcError, StopIteration):
            return False


def written(xds: Path, doors: Collection[str]) -> bool:
    """Whether the gateway has written a configuration that opens all `doors`."""
    try:
        listeners = json.loads((xds / LISTENERS).read_bytes())["resources"]
    except (FileNotFoundError, ValueError):
        return False
    return {listener["name"] for listener in listeners} == set(doors)


def envoy(admin: Path, doors: int) -> bool:
    """Whether Envoy serves what it was given: its own counters, since `/ready` says LIVE without a listener."""
    return is_serving(admin, doors)


def routed(base: str, server: str) -> bool:
    """Whether the edge knows the way to `server`: without a token it says 401 and names it."""
    try:
        answer = httpx2.post(f"{base}/mcp/{server}", timeout=SECONDS, trust_env=False)
        return answer.status_code == 401 and answer.json().get("server") == server
    except (httpx2.HTTPError, ValueError):
        return False


def reached(admin: Path, environment: str, server: str) -> bool:
    """Whether Envoy finds `server` healthy, by its own counters: until then it answers calls with 503."""
    counter = f"cluster.{environment}_{server}.membership_healthy"
    try:
        return Admin(admin).stats(rf"^{re.escape(counter)}$").get(counter) == "1"
    except AdminGone:
        return False


def reading(progress: Path) -> str:
    """How far Knowledge is with its first look at its sources; empty before it began and once it is through."""
    try:
        said = json.loads(progress.read_bytes())
    except (FileNotFoundError, ValueError):
        return ""
    if said["finished"] or not said["running"]:
        return ""
    return f"reads {said['source'] or 'its sources'}, {said['done']} of {said['of']} pages"


def _ok(transport: httpx2.HTTPTransport, url: str) -> bool:
    with httpx2.Client(transport=transport, timeout=SECONDS) as client:
        try:
            return client.get(url).status_code == 200
        except httpx2.HTTPError:
            return False
