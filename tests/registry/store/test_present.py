"""What is kept in memory is never older than the last thing that was written."""

import pytest
from sqlalchemy import delete, text, update

from platform_core.policy.suspend import Suspension
from registry.store import health
from registry.store.health import Sighting
from registry.store.tables import Invocation, Server
from tests.registry.records import entry
from tests.registry.stage import Registry, registration

SEEN = Sighting(server="presto", state="down", reason="no answer", at=1.0)


async def test_nothing_is_read_again_while_nothing_changes(registry: Registry) -> None:
    await registry.make_live("presto")
    before = await registry.parts.present.of("production")
    (await registry.platform.post("/api/invocations", json=[entry(1)])).raise_for_status()
    await registry.ask("/api/catalog", "ana")
    assert await registry.parts.present.of("production") is before


async def test_every_way_to_change_a_server_is_seen_by_the_next_question(registry: Registry) -> None:
    present = registry.parts.present

    async def standing() -> tuple[object, ...]:
        found = await present.one("production", "presto")
        assert found
        version = found.artefact.version if found.artefact else None
        return found.version, version, found.withdrawn, found.health.state, found.suspended is not None

    assert await present.one("production", "presto") is None
    await registry.register(registration("presto"))
    assert await standing() == ("1.0.0", None, False, "unknown", False)
    await registry.put(registry.signer.policy(registration("presto")))
    assert await standing() == ("1.0.0", 1, False, "unknown", False)
    async with registry.parts.database.writing() as connection:
        await health.note(connection, "production", [SEEN])
    assert await standing() == ("1.0.0", 1, False, "down", False)
    leak = Suspension(server="presto", reason="it leaks", by="olu", at=1)
    await registry.parts.suspending.suspend(leak, ["production"])
    assert await standing() == ("1.0.0", 1, False, "down", True)
    await registry.platform.delete("/api/servers/presto")
    assert await standing() == ("1.0.0", 1, True, "down", True)


@pytest.mark.parametrize(
    ("statement", "changes"),
    [
        (update(Server).values(changed_at=1.0), True),
        (text("UPDATE servers SET changed_at = 1"), True),
        (text("  -- a word first\n UPDATE servers SET changed_at = 1"), True),
        (text("SELECT 1"), False),
        (delete(Invocation), False),
    ],
)
async def test_what_was_written_in_whatever_words_is_noticed(
    registry: Registry, statement: object, changes: bool
) -> None:
    before = await registry.parts.present.of("production")
    async with registry.parts.database.writing() as connection:
        await connection.execute(statement)  # pyright: ignore[reportArgumentType, reportCallIssue]
    assert (await registry.parts.present.of("production") is not before) is changes
