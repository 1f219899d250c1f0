"""What is in force is what was signed by a key that is pinned today."""

from pathlib import Path

from tests.registry.stage import Issuer, Registry, Signer, open_registry, registration


async def test_a_kept_policy_of_a_key_that_is_pinned_no_more_is_not_obeyed(
    folder: Path, issuer: Issuer, signer: Signer
) -> None:
    async with open_registry(folder, issuer, signer) as before:
        await before.make_live("presto")
        assert (await before.ask("/api/preflight", "ana", server="presto"))["allow"]
    async with open_registry(folder, issuer, Signer()) as after:
        assert (await after.ask("/api/preflight", "ana", server="presto"))["rule"] == "presto/no-policy"


async def test_every_policy_that_was_ever_in_force_is_kept(registry: Registry, signer: Signer) -> None:
    said = registration("presto")
    await registry.register(said)
    for version in (1, 2, 5):
        (await registry.put(signer.policy(said, version=version))).raise_for_status()
    async with registry.parts.database.reading() as connection:
        kept = await connection.exec_driver_sql("SELECT version FROM artefacts ORDER BY id")
        assert [row[0] for row in kept] == [1, 2, 5]
