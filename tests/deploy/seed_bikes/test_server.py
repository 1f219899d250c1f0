"""What the tools of Bikes promise."""

from platform_core.testing import connect_as
from tests.deploy.seed_bikes.server import server


async def test_a_station_is_found_by_a_part_of_its_name() -> None:
    async with connect_as(server, "bo") as bikes:
        answer = await bikes.call_tool("find_bikes", {"place": "old"})
    assert answer.structured_content == {"bikes": {"Old Town": 7}}


async def test_where_no_bike_stands_the_stations_are_named() -> None:
    async with connect_as(server, "bo") as bikes:
        answer = await bikes.call_tool("find_bikes", {"place": "market"})
    assert answer.is_error
    assert "Harbour, Market, Old Town" in str(answer.content)


async def test_a_contractor_finds_no_bike() -> None:
    async with connect_as(server, "carl") as bikes:
        assert (await bikes.list_tools()).tools == []
