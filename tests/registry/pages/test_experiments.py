"""What is approved for production is unmistakable; experiments stand apart, with the days that they have left."""

import time

from tests.registry.pages.reading import page_for, read
from tests.registry.stage import DEV, Registry

DAY = 86_400


async def experiment(registry: Registry, server: str = "presto", *, days: float = 9) -> None:
    await registry.make_live(server, environment="dev", not_after=int(time.time() + days * DAY) + 60)


async def test_an_experiment_is_listed_apart_with_its_end(registry: Registry) -> None:
    await registry.make_live("seed")
    await experiment(registry)
    shown = await read(registry, "ana", "/")
    assert shown.index("Live in production") < shown.index("Seed") < shown.index("Experiments In dev, not approved")
    assert shown.index("Experiments In dev") < shown.index("Presto")
    assert "Experiment 9 days left" in shown
    assert "1 server, 1 tool." in shown


async def test_only_what_is_approved_is_called_live(registry: Registry) -> None:
    await experiment(registry)
    assert "No server is live in production" in await read(registry, "ana", "/")
    shown = await read(registry, "ana", "/experiments/presto")
    assert "An experiment, not approved for production." in shown
    assert "Presto Experiment" in shown
    assert " Live " not in shown.partition("Live status")[0]


async def test_the_two_pages_of_one_name_are_two_servers(registry: Registry) -> None:
    await experiment(registry)
    assert (await page_for(registry, "ana", "/servers/presto")).status_code == 404
    await registry.make_live("presto")
    assert "Seedbed, environment production" in await read(registry, "ana", "/servers/presto")
    assert "Seedbed, environment dev" in await read(registry, "ana", "/experiments/presto")


async def test_one_connects_to_an_experiment_at_the_door_of_dev(registry: Registry) -> None:
    await experiment(registry)
    shown = await read(registry, "ana", "/experiments/presto/connect")
    assert f"{DEV}/mcp/presto" in shown
    assert "seedbed headers presto --env dev" in shown
    assert "seedbed login --env dev" in shown
    assert "seedbed call presto find_tables key=value --env dev" in shown


async def test_an_experiment_that_has_ended_is_not_listed_among_those_that_run(registry: Registry) -> None:
    await registry.make_live("presto", environment="dev", not_after=int(time.time()) + 2)
    while "Not live" not in (shown := await read(registry, "ana", "/")):
        pass
    assert "Experiment ended" in shown


async def test_what_is_missing_in_dev_is_said_to_be_missing_there(registry: Registry) -> None:
    answer = await page_for(registry, "ana", "/experiments/nothing")
    assert answer.status_code == 404
    assert "in dev" in answer.text
