"""Around every message: a verdict before, a record after, and in a list nothing but what its reader may call."""

import pytest
from mcp.shared.exceptions import MCPError

from platform_core import authorize_tool
from platform_core.auth.principal import Principal
from platform_core.policy.expression import Employment
from platform_core.testing import Kept, connect_as
from platform_core.testing.people import PEOPLE
from tests.platform_core.shop.diary import diary
from tests.platform_core.shop.server import server
from tests.platform_core.shop.wish import the_wish
from tests.platform_core.small import a_server
from tests.platform_core.visits import Era, both_eras, fields_of, records, text_of

OPEN = {"look", "read_aloud", "walk", "stumble"}
"""What the shop's browse list opens."""


@pytest.fixture(autouse=True)
def fresh_diary() -> None:
    diary.start_over()


@pytest.fixture
def kept() -> Kept:
    return Kept()


CALLS = {
    "look": {"thing": "vase"},
    "read_aloud": {"text": "hello"},
    "walk": {"steps": 1},
    "stumble": {"how": "expected"},
    "buy": {"thing": "vase"},
    "paint": {"colour": "red"},
    "keep_out": {},
}


@both_eras
@pytest.mark.parametrize(("who", "sees"), [("ana", OPEN | {"buy", "paint"}), ("bo", OPEN)])
async def test_what_is_listed_is_what_may_be_called(era: Era, who: str, sees: set[str]) -> None:
    async with connect_as(server, who, era=era) as shop:
        listed = {tool.name for tool in (await shop.list_tools()).tools}
        ran: set[str] = set()
        for tool, arguments in CALLS.items():
            result = await shop.call_tool(tool, arguments)
            if not (result.is_error and fields_of(result)["code"] == "authorization_denied"):
                ran.add(tool)
    assert listed == ran == sees


@both_eras
@pytest.mark.parametrize(
    ("who", "resources", "prompts"),
    [
        ("ana", {"shop://rules", "shop://ledger", "shop://cellar"}, {"greeting", "offer"}),
        ("bo", {"shop://rules", "shop://cellar"}, {"greeting"}),
    ],
)
async def test_resources_and_prompts_are_judged_like_tools(
    era: Era, who: str, resources: set[str], prompts: set[str]
) -> None:
    async with connect_as(server, who, era=era) as shop:
        assert {str(item.uri) for item in (await shop.list_resources()).resources} == resources
        assert {item.name for item in (await shop.list_prompts()).prompts} == prompts
        for uri in ("shop://rules", "shop://ledger"):
            if uri in resources:
                assert (await shop.read_resource(uri)).contents
            else:
                with pytest.raises(MCPError, match="you may browse shop"):
                    await shop.read_resource(uri)
        for name in ("greeting", "offer"):
            if name in prompts:
                assert (await shop.get_prompt(name, {"thing": "vase"} if name == "offer" else None)).messages
            else:
                with pytest.raises(MCPError, match="you may browse shop"):
                    await shop.get_prompt(name, {"thing": "vase"})
    assert ("ledger" in diary.lines, "offer" in diary.lines) == ("shop://ledger" in resources, "offer" in prompts)


@both_eras
async def test_a_refused_tool_is_a_result_that_says_why_and_how_to_ask(era: Era, kept: Kept) -> None:
    async with connect_as(server, "bo", era=era, kept=kept) as shop:
        result = await shop.call_tool("buy", {"thing": "vase"})
    assert result.is_error
    assert fields_of(result) == {
        "code": "authorization_denied",
        "rule": "shop/gate",
        "detail": "you may browse shop; this needs one of its business groups",
        "how_to_ask": "ask shopkeepers in #ask-shop",
        "trace_id": None,
    }
    assert "ask shopkeepers in #ask-shop" in text_of(result)
    assert "shop/gate" in text_of(result)


@both_eras
@pytest.mark.parametrize("tool", ["buy", "paint", "keep_out"])
async def test_the_body_of_a_refused_tool_does_not_run(era: Era, tool: str, kept: Kept) -> None:
    async with connect_as(server, "bo", era=era, kept=kept) as shop:
        await shop.call_tool(tool, CALLS[tool])
    assert diary.lines == []
    (record,) = records(kept)
    assert (record.tool, record.outcome, record.allowed, record.rule) == (tool, "denied", False, "shop/gate")


@both_eras
async def test_a_tool_that_nobody_reviewed_is_refused_like_one_that_does_not_exist(era: Era) -> None:
    without = the_wish()
    tools = {name: rule for name, rule in without.tools.items() if name != "look"}
    async with connect_as(server, "ana", era=era, policy=the_wish(tools=tools)) as shop:
        assert "look" not in {tool.name for tool in (await shop.list_tools()).tools}
        for tool in ("look", "nothing_of_that_name"):
            result = await shop.call_tool(tool, {"thing": "vase"})
            assert fields_of(result)["rule"] == "shop/default-deny"
    assert diary.lines == []


@both_eras
@pytest.mark.parametrize("who", ["carl", "ada", "olu", "sam"])
async def test_whom_the_gate_keeps_out_cant_even_say_hello(era: Era, who: str) -> None:
    with pytest.raises((MCPError, ExceptionGroup)):
        async with connect_as(server, who, era=era) as shop:
            await shop.list_tools()
    assert diary.lines == []


@both_eras
async def test_a_policy_that_ran_out_closes_everything(era: Era) -> None:
    with pytest.raises((MCPError, ExceptionGroup)):
        async with connect_as(server, "ana", era=era, policy=the_wish(issued_at=1, not_after=2)) as shop:
            await shop.list_tools()


@both_eras
async def test_the_probe_sees_everything_and_calls_nothing(era: Era) -> None:
    probe = Principal(
        subject="seedbed-probe",
        employment="service",
        client="seedbed-probe",
        surface="probe",
        expires_at=PEOPLE["ana"].calling_from().expires_at,
    )
    async with connect_as(server, probe, era=era) as shop:
        assert {tool.name for tool in (await shop.list_tools()).tools} == set(CALLS)
        assert len((await shop.list_resources()).resources) == 3
        assert len((await shop.list_prompts()).prompts) == 2
        for tool, arguments in CALLS.items():
            assert fields_of(await shop.call_tool(tool, arguments))["rule"] == "shop/probe"
        with pytest.raises(MCPError):
            await shop.read_resource("shop://rules")
        with pytest.raises(MCPError):
            await shop.get_prompt("greeting")
    assert diary.lines == []


async def test_a_resource_template_that_is_listed_can_be_read() -> None:
    library = a_server("look")

    @library.tool()
    @authorize_tool(policy="open")
    async def look() -> str:
        """Look."""
        return "seen"

    @library.resource("book://{title}")
    @authorize_tool(policy="open")
    async def book(title: str) -> str:
        """A book."""
        return title

    async with connect_as(library, "ana") as visit:
        assert [t.uri_template for t in (await visit.list_resource_templates()).resource_templates] == [
            "book://{title}"
        ]
        assert (await visit.read_resource("book://moby")).contents


@both_eras
async def test_a_template_is_listed_for_those_who_may_read_what_fits_it(era: Era) -> None:
    library = a_server()

    @library.resource("book://{title}")
    @authorize_tool(policy="open")
    async def book(title: str) -> str:
        """A book."""
        return title

    @library.resource("note://{title}")
    @authorize_tool(policy="shut")
    async def note(title: str) -> str:
        """A note."""
        return title

    policies = library.manifest.proposes.policies | {"shut": Employment(employment=("contractor",))}
    library.manifest = library.manifest.model_copy(
        update={"proposes": library.manifest.proposes.model_copy(update={"policies": policies})}
    )
    listed: dict[str, list[str]] = {}
    for who in ("ana", "carl"):
        async with connect_as(library, who, era=era) as visit:
            templates = (await visit.list_resource_templates()).resource_templates
            listed[who] = [template.uri_template for template in templates]
    assert listed == {"ana": ["book://{title}"], "carl": ["note://{title}"]}
