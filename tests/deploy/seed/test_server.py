"""What the tools of Seed promise."""

import pytest

from deploy.seed.server import server
from platform_core.testing import connect_as


@pytest.mark.parametrize("who", ["ana", "carl"])
async def test_people_are_greeted_by_the_login_that_was_verified(who: str) -> None:
    async with connect_as(server, who) as seed:
        answer = await seed.call_tool("greet", {"word": "Good morning"})
    assert answer.structured_content == {"text": f"Good morning, {who}!", "person": who}


async def test_a_greeting_of_no_letters_is_refused() -> None:
    async with connect_as(server, "ana") as seed:
        answer = await seed.call_tool("greet", {"word": ""})
    assert answer.is_error
