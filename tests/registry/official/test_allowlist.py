"""What is approved, as the file by which a company's machines connect to nothing else."""

import pytest

from tests.registry.official.shelf import Ide, approve, put_in_force
from tests.registry.stage import Registry

ALLOWLIST = "/x/internal.seedbed.registry/allowlist"


async def test_it_matches_every_address_that_is_approved_and_no_other(registry: Registry, ide: Ide) -> None:
    assert (await ide.get(ALLOWLIST)).json() == {"allowedMcpServers": []}
    await approve(registry, "presto", "1.0.0")
    await approve(registry, "presto", "1.1.0", policy=2)
    for name in ("seed", "gone"):
        await approve(registry, name)
    await put_in_force(registry, "unreviewed")
    (await registry.platform.delete("/api/servers/gone")).raise_for_status()
    listed = (await ide.listed(params={"version": "latest"}))["servers"]
    addresses = [remote["url"] for entry in listed for remote in entry["server"]["remotes"]]
    assert len(addresses) == 2
    assert (await ide.get(ALLOWLIST)).json() == {"allowedMcpServers": [{"serverUrl": each} for each in addresses]}


@pytest.mark.parametrize("namespace", ["internal.seedbed", "com.example.registry", "x"])
async def test_extensions_of_others_are_not_found_in_both_forms_of_an_error(ide: Ide, namespace: str) -> None:
    answer = await ide.get(f"/x/{namespace}/allowlist")
    assert (answer.status_code, answer.json()["status"]) == (404, 404)
    assert answer.json()["error"] == answer.json()["detail"] != ""
