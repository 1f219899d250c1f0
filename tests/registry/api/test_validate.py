"""A client can check what it believes about a server before it connects."""

from typing import Any

import pytest

from platform_core.policy.suspend import Suspension
from tests.registry.stage import Registry, Signer, eventually, registration

URL = "http://127.0.0.1:7301/mcp/presto"


async def test_the_right_address_and_version_are_valid(registry: Registry) -> None:
    await registry.make_live("presto")
    answer = await registry.ask("/api/validate", "ana", server="presto", url=URL, version="1.0.0")
    assert answer["valid"]
    assert (answer["url"], answer["version"], answer["status"]) == (URL, "1.0.0", "unknown")


@pytest.mark.parametrize(
    ("believed", "reason"),
    [
        ({"url": "http://127.0.0.1:7301/mcp/presto/"}, "the address is not this server's"),
        ({"url": "https://presto.evil.example/mcp"}, "the address is not this server's"),
        ({"url": URL.replace("127.0.0.1", "127.0.0.1@evil.example")}, "the address is not this server's"),
        ({"url": URL, "version": "0.9.0"}, "version 0.9.0 is not in force, 1.0.0 is"),
    ],
)
async def test_a_forged_address_or_a_stale_version_is_not(
    registry: Registry, believed: dict[str, str], reason: str
) -> None:
    await registry.make_live("presto")
    answer: Any = await registry.ask("/api/validate", "ana", server="presto", **believed)
    assert not answer["valid"]
    assert reason in answer["reason"]


async def test_what_is_unknown_without_policy_changed_or_taken_down_is_not(registry: Registry, signer: Signer) -> None:
    async def reason() -> str:
        answer = await registry.ask("/api/validate", "ana", server="presto")
        assert not answer["valid"]
        return answer["reason"]

    assert "no server presto is registered" in await reason()
    await registry.register(registration("presto"))
    assert "no signed policy" in await reason()
    await registry.put(signer.policy(registration("presto")))
    await registry.register(registration("presto", tools={}))
    assert "changed what it promises" in await reason()
    await registry.platform.delete("/api/servers/presto")
    assert "taken down" in await reason()


async def test_what_is_suspended_or_past_its_policy_s_end_says_so(registry: Registry, signer: Signer) -> None:
    for server in ("presto", "seed"):
        await registry.make_live(server)
    closed = Suspension(server="presto", reason="it leaked", by="gia", at=int(registry.parts.clock()))
    await registry.parts.suspending.suspend(closed, ["production"])
    suspended = await registry.ask("/api/validate", "ana", server="presto", url=URL, version="1.0.0")
    assert (suspended["valid"], suspended["reason"]) == (False, "the server is suspended: it leaked")
    ends = int(registry.parts.clock()) + 1
    await registry.put(signer.policy(registration("seed"), version=2, not_after=ends))
    await eventually(lambda: registry.parts.clock() >= ends, "the policy ends")
    assert (await registry.ask("/api/validate", "ana", server="seed"))["reason"] == "the server's policy has expired"


@pytest.mark.parametrize("path", ["validate?server=presto", "preflight?server=presto", "catalog?q=x"])
async def test_nobody_asks_about_somebody_else(registry: Registry, path: str) -> None:
    await registry.make_live("presto")
    answer = await registry.public.get(f"/api/{path}&person=bo", headers=registry.issuer.headers("ana"))
    assert (answer.status_code, answer.json()["rule"]) == (403, "registry/yourself")
    assert (await registry.public.get(f"/api/{path}")).status_code == 401
