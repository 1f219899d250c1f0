"""Servers for a list: registered and approved as the pipeline and the reviews do it, and read as IDEs read."""

from dataclasses import dataclass
from typing import Any

import httpx2

from platform_core.registration.contract import Registration
from tests.registry.official.server_json import faults
from tests.registry.stage import Registry, registration

OFFICIAL = "io.modelcontextprotocol.registry/official"
GOVERNANCE = "internal.seedbed.registry/governance"


def said(name: str, version: str = "1.0.0", **changed: Any) -> Registration:
    """What the pipeline says of a server called `name`."""
    plain = registration("seed", version=version, name=name, **changed)
    return plain.model_copy(update={"contract": plain.contract.model_copy(update={"server": name})})


async def put_in_force(registry: Registry, name: str, version: str = "1.0.0", **changed: Any) -> None:
    """Register a version that is approved already, or was."""
    (await registry.register(said(name, version, **changed))).raise_for_status()


async def approve(registry: Registry, name: str, version: str = "1.0.0", *, policy: int = 1, **changed: Any) -> None:
    """Register a version and put a policy for it in force."""
    await put_in_force(registry, name, version, **changed)
    (await registry.put(registry.signer.policy(said(name, version, **changed), version=policy))).raise_for_status()


@dataclass(frozen=True)
class Ide:
    """A client that holds every entry to the published rules."""

    http: httpx2.AsyncClient

    async def get(self, path: str, **given: Any) -> httpx2.Response:
        answer = await self.http.get(f"/v0.1{path}", **given)
        assert answer.headers["access-control-allow-origin"] == "*"
        return answer

    async def listed(self, path: str = "/servers", **given: Any) -> Any:
        """A list, as it came."""
        said = (await self.get(path, **given)).raise_for_status().json()
        assert [fault for entry in said["servers"] for fault in faults(entry)] == []
        assert said["metadata"]["count"] == len(said["servers"])
        return said

    async def names(self, path: str = "/servers", **given: Any) -> list[str]:
        """`server@version` of each entry."""
        entries = (await self.listed(path, **given))["servers"]
        return [f"{short(entry)}@{entry['server']['version']}" for entry in entries]


def short(entry: Any) -> str:
    """The server's own name."""
    return str(entry["server"]["name"]).removeprefix("internal.seedbed/")


def official(entry: Any) -> Any:
    return entry["_meta"][OFFICIAL]
