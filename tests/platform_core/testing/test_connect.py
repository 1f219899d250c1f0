"""A server's own tests visit it through the real client, as one of the people whom everybody knows."""

import time

import pytest

from deploy.seed.server import server as seed
from platform_core.auth.principal import Principal
from platform_core.experiment import draft
from platform_core.testing import PEOPLE, Kept, connect_as
from tests.platform_core.visits import Era, both_eras, fields_of


@both_eras
@pytest.mark.parametrize("who", PEOPLE)
async def test_a_person_is_a_name(era: Era, who: str) -> None:
    async with connect_as(seed, who, era=era) as visit:
        assert fields_of(await visit.call_tool("greet", {}))["person"] == who


async def test_a_person_may_be_made_for_one_test() -> None:
    ivy = Principal(
        subject="ivy", employment="employee", client="seedbed-cli", surface="cli", expires_at=time.time() + 60
    )
    async with connect_as(seed, ivy) as visit:
        assert fields_of(await visit.call_tool("greet", {}))["person"] == "ivy"


async def test_a_stranger_is_no_person() -> None:
    with pytest.raises(KeyError, match="eve"):
        async with connect_as(seed, "eve"):
            pass


async def test_another_policy_may_stand_in_for_the_wish() -> None:
    wish = draft(seed.manifest, seed.contract())
    closed = wish.model_copy(update={"tools": {}})
    async with connect_as(seed, "ana", policy=closed) as visit:
        assert (await visit.list_tools()).tools == []


async def test_records_are_kept_for_who_asks() -> None:
    kept = Kept()
    async with connect_as(seed, "ana", kept=kept) as visit:
        await visit.call_tool("greet", {})
    assert [entry.record.tool for entry in kept] == ["greet"]


def test_the_people_are_the_same_for_everybody() -> None:
    assert set(PEOPLE) == {"ana", "bo", "carl", "ada", "olu", "sam", "lea", "gia", "tom"}
    assert PEOPLE["carl"].employment == "contractor"
    with pytest.raises(TypeError):
        PEOPLE["eve"] = PEOPLE["ana"]  # type: ignore[index]
