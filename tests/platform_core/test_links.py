"""An answer may point to a resource of its server, and what is given beside an answer is judged as a call is."""

from collections.abc import Iterable

import pytest
from mcp.shared.exceptions import MCPError
from mcp.types import ResourceLink, TextContent, TextResourceContents
from pydantic import BaseModel

from platform_core import Link, NotFound, Server, authorize_tool, the_call
from platform_core.call import Call
from platform_core.experiment import draft
from platform_core.testing import PEOPLE, Kept, connect_as
from tests.platform_core.shop.server import server as shop
from tests.platform_core.small import a_server
from tests.platform_core.visits import Era, both_eras, records


class Start(BaseModel):
    """A beginning, and where the rest is."""

    first: str

    def as_links(self) -> Iterable[Link]:
        yield Link(uri="small://rest/1", name="rest", description="All of it.", mime_type="text/csv")


@pytest.fixture
def house() -> Server:
    server = a_server("begin")

    @server.tool()
    @authorize_tool(policy="open")
    async def begin() -> Start:  # pyright: ignore[reportUnusedFunction]
        """Begin."""
        return Start(first="a")

    @server.resource("small://rest/{page}", mime_type="text/csv")
    @authorize_tool(policy="open")
    async def rest(page: str) -> str:  # pyright: ignore[reportUnusedFunction]
        """The rest."""
        if page != "1":
            raise NotFound("There is one page; read page 1.")
        return f"{the_call().may('begin')} {the_call().may('end')} {the_call().in_force}"

    return server


@both_eras
async def test_a_link_comes_beside_the_text_and_is_meant_for_the_person(house: Server, era: Era) -> None:
    async with connect_as(house, "ana", era=era) as visit:
        text, link = (await visit.call_tool("begin", {})).content
        assert isinstance(text, TextContent)
        assert isinstance(link, ResourceLink)
        assert (link.mime_type, link.annotations and link.annotations.audience) == ("text/csv", ["user"])
        (content,) = (await visit.read_resource(link.uri)).contents
    assert isinstance(content, TextResourceContents)
    assert content.mime_type == "text/csv"


@both_eras
async def test_an_expected_failure_of_a_resource_says_what_to_do(house: Server, era: Era) -> None:
    kept = Kept()
    async with connect_as(house, "ana", era=era, kept=kept) as visit:
        with pytest.raises(MCPError, match="read page 1") as failed:
            await visit.read_resource("small://rest/2")
    assert failed.value.error.data["code"] == "not_found"
    assert [record.outcome for record in records(kept, "resources/read")] == ["tool_error"]


async def test_a_body_learns_what_its_caller_may_call_and_what_is_in_force(house: Server) -> None:
    contract = house.contract()
    said: list[str] = []
    for version in (1, 2):
        policy = draft(house.manifest, contract, version=version)
        async with connect_as(house, "ana", policy=policy) as visit:
            (content,) = (await visit.read_resource("small://rest/1")).contents
        assert isinstance(content, TextResourceContents)
        said.append(content.text)
    assert said == [f"True False dev/small/{version}/{contract.digest}" for version in (1, 2)]


def test_nobody_may_anything_before_the_policy_was_asked() -> None:
    call = Call(principal=PEOPLE["ana"].calling_from())
    assert not any(call.may(tool) for tool in shop.contract().tools)
