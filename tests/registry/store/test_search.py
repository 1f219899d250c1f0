"""What is found by words is kept in memory, and made anew only where somebody said something else."""

from registry.store.health import Sighting, note
from registry.store.search import Shelf, words_of
from tests.registry.stage import Registry


async def shelf(registry: Registry) -> Shelf:
    return registry.parts.index.shelf("production", await registry.parts.present.of("production"))


async def test_neither_calls_nor_health_make_it_anew(registry: Registry) -> None:
    await registry.make_live("presto")
    before = await shelf(registry)
    async with registry.parts.database.writing() as connection:
        await note(connection, "production", [Sighting(server="presto", state="healthy", reason="", at=1.0)])
    assert await shelf(registry) is before


async def test_a_server_that_says_nothing_new_is_not_read_again(registry: Registry) -> None:
    await registry.make_live("presto")
    before = (await shelf(registry)).servers[0]
    await registry.make_live("seed")
    after = await shelf(registry)
    assert [each.standing.name for each in after.servers] == ["presto", "seed"]
    assert after.servers[0].entries is before.entries


async def test_a_name_counts_more_than_a_summary_and_a_summary_more_than_the_rest(registry: Registry) -> None:
    await registry.make_live("presto")
    found, total = (await shelf(registry)).find(words_of("tables"), limit=1)
    assert (found[0].name, total) == ("find_tables", 2)


def test_a_query_has_at_most_eight_words() -> None:
    assert len(words_of(" ".join(map(str, range(100))))) == 8
