"""How the lab's Trino is set up: TPC-H and memory, people with rights, a service that may act as them, TLS."""

import hashlib
import json
import secrets
import socket
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.servers.presto.lab.certificate import self_signed

PEOPLE = "ana|ada|bo|olu|eve"
SERVICE = "seedbed"
JVM = (
    *("-server", "-Xmx1g", "-XX:+UseG1GC", "-XX:+ExitOnOutOfMemoryError", "-XX:TieredStopAtLevel=1"),
    *("-XX:ReservedCodeCacheSize=256M", "-XX:+EnableDynamicAgentLoading", "-Djdk.attach.allowAttachSelf=true"),
    *("-Djdk.nio.maxCachedBufferSize=2000000", "-Dfile.encoding=UTF-8", "--add-modules=jdk.incubator.vector"),
    *("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"),
)
RULES: dict[str, Any] = {
    "catalogs": [
        {"user": "admin", "catalog": ".*", "allow": "all"},
        {"user": "olu", "catalog": "memory", "allow": "all"},
        {"user": PEOPLE, "catalog": "tpch|memory|system", "allow": "read-only"},
    ],
    "schemas": [{"user": "admin|olu", "owner": True}],
    "tables": [
        {"user": "admin|olu", "catalog": "memory", "privileges": ["SELECT", "INSERT", "DELETE", "UPDATE", "OWNERSHIP"]},
        {"user": "admin", "privileges": ["SELECT"]},
        {
            "user": "bo",
            "catalog": "tpch",
            "schema": "tiny",
            "table": "customer",
            "privileges": ["SELECT"],
            "columns": [{"name": "phone", "allow": False}, {"name": "name", "mask": "'***'"}],
            "filter": "nationkey = 1",
        },
        {"user": "bo", "catalog": "tpch", "table": "orders", "privileges": []},
        {"user": PEOPLE, "privileges": ["SELECT"]},
    ],
    "queries": [{"user": "admin", "allow": ["execute", "kill", "view"]}, {"allow": ["execute"]}],
    "impersonation": [{"original_user": SERVICE, "new_user": PEOPLE}],
    "system_session_properties": [
        {"user": PEOPLE, "property": "query_max_run_time", "allow": True},
        {"user": "admin", "allow": True},
    ],
    "procedures": [{"user": "admin", "privileges": ["EXECUTE"]}],
    "functions": [
        {"user": "admin", "privileges": ["EXECUTE", "OWNERSHIP"]},
        {"catalog": "system", "schema": "builtin", "privileges": ["EXECUTE"]},
    ],
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a client needs to be let in."""

    http: int
    https: int
    password: str
    jwt_key: str


def write(folder: Path) -> Settings:
    """Write everything that Trino reads into `folder`; it chooses its free ports itself."""
    settings = Settings(http=_free(), https=_free(), password=secrets.token_hex(8), jwt_key=secrets.token_hex(32))
    etc = folder / "etc"
    (etc / "catalog").mkdir(parents=True, exist_ok=True)
    (etc / "catalog" / "tpch.properties").write_text("connector.name=tpch\ntpch.splits-per-node=2\n")
    (etc / "catalog" / "memory.properties").write_text("connector.name=memory\nmemory.max-data-per-node=128MB\n")
    (etc / "rules.json").write_text(json.dumps(RULES))
    (etc / "password.db").write_text(f"{SERVICE}:{_hashed(settings.password)}\n")
    (etc / "jwt.key").write_text(b64encode(settings.jwt_key.encode()).decode())
    (etc / "server.pem").write_bytes(self_signed("127.0.0.1"))
    (etc / "log.properties").write_text("io.trino=INFO\n")
    _properties(etc / "config.properties", _config(settings, etc))
    _properties(
        etc / "access-control.properties", {"access-control.name": "file", "security.config-file": f"{etc}/rules.json"}
    )
    _properties(
        etc / "password-authenticator.properties",
        {"password-authenticator.name": "file", "file.password-file": f"{etc}/password.db"},
    )
    return settings


def _config(settings: Settings, etc: Path) -> dict[str, str]:
    here = f"http://127.0.0.1:{settings.http}"
    return {
        "coordinator": "true",
        "node-scheduler.include-coordinator": "true",
        "http-server.http.port": str(settings.http),
        "http-server.https.enabled": "true",
        "http-server.https.port": str(settings.https),
        "http-server.https.keystore.path": f"{etc}/server.pem",
        "http-server.authentication.type": "PASSWORD,JWT",
        # Tests read the engine's memory and prepare its tables by the plain port.
        "http-server.authentication.allow-insecure-over-http": "true",
        "http-server.authentication.jwt.key-file": f"{etc}/jwt.key",
        "internal-communication.shared-secret": secrets.token_hex(16),
        "node.bind-ip": "127.0.0.1",
        "node.internal-address": "127.0.0.1",
        "discovery.uri": here,
        "query.max-memory": "300MB",
        "query.max-memory-per-node": "300MB",
        "catalog.management": "static",
        "web-ui.enabled": "false",
    }


def _properties(file: Path, values: dict[str, str]) -> None:
    file.write_text("".join(f"{name}={value}\n" for name, value in values.items()))


def _hashed(password: str) -> str:
    salt, rounds = secrets.token_bytes(16), 1000
    return f"{rounds}:{salt.hex()}:{hashlib.pbkdf2_hmac('sha1', password.encode(), salt, rounds, 64).hex()}"


def _free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]
