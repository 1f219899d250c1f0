"""Each clause that a registration alone can break is found, with who can mend it and how."""

from typing import Any

import pytest

from platform_core.registration.contract import Registration
from platform_core.testing.standard.run import findings_of_registration
from tests.platform_core.testing.standard.said import said, with_tools


def found(registration: Registration) -> dict[str, str]:
    """What was found, by clause."""
    return {finding.clause: finding.what for finding in findings_of_registration(registration)}


def flag(name: str) -> dict[str, Any]:
    return {"type": "object", "properties": {name: {"type": "boolean"}}}


def text(name: str = "name", **schema: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {name: {"type": "string"} | schema}}


def test_a_plain_server_keeps_every_clause() -> None:
    assert findings_of_registration(said()) == []
    assert findings_of_registration(with_tools(find_thing={}, list_things={})) == []


def test_a_finding_says_who_can_mend_it_and_how() -> None:
    (finding,) = findings_of_registration(with_tools(drop_table={"risk": "change"}))
    assert (finding.clause, finding.server) == ("MCP-APPROVAL-1", "seed")
    assert finding.what == "drop_table changes data and asks nobody"
    assert finding.who == "its owner: ask platform in #ask-platform"
    assert "@requires_approval" in finding.how


@pytest.mark.parametrize(
    ("clause", "tool"),
    [
        ("MCP-AUTH-1", {"policy": "nobody-wrote-it"}),
        ("MCP-APPROVAL-1", {"risk": "change"}),
        ("MCP-APPROVAL-2", {"input": flag("confirm")}),
        ("MCP-APPROVAL-2", {"input": flag("is_approved")}),
        ("MCP-APPROVAL-2", {"input": flag("force")}),
        ("MCP-DATA-2", {"description": "Find it. Use the password: hunter2hunter2."}),
        ("MCP-DATA-2", {"input": text(default="ghp_" + "a1" * 18)}),
        ("MCP-DATA-2", {"input": text("api_key", default="x")}),
        ("MCP-DATA-2", {"input": text("pin", writeOnly=True, examples=["1234"])}),
        ("MCP-TEXT-2", {"description": "finds"}),
        ("MCP-TEXT-2", {"description": "Find one thing by its name"}),
        ("MCP-TEXT-2", {"description": "Find one thing. " + "x" * 1_000}),
        ("MCP-TEXT-3", {"description": "Find one\u200b thing."}),
        ("MCP-TEXT-3", {"input": text(description="\u202eemarf")}),
        ("MCP-TEXT-4", {"input": text("tableName")}),
    ],
)
def test_a_tool_that_breaks_a_clause_is_found(clause: str, tool: dict[str, Any]) -> None:
    assert list(found(with_tools(find_thing=tool))) == [clause]


@pytest.mark.parametrize("name", ["FindThing", "find-thing", "find__thing", "seed_find", "find_" + "x" * 40])
def test_a_name_that_is_not_plain_is_found(name: str) -> None:
    tools: dict[str, dict[str, Any]] = {name: {}}
    assert list(found(with_tools(**tools))) == ["MCP-TEXT-4"]


@pytest.mark.parametrize("changed", [{"data_class": "restricted"}, {"risk": "change", "approval": "Do it?"}])
def test_a_sensitive_tool_behind_browse_is_found(changed: dict[str, str]) -> None:
    policies = {"browse": {"employment": ["employee"]}, "greet": {"employment": ["employee"]}}
    wide = with_tools(find_thing=changed | {"policy": "browse"}, list_things={"policy": "browse"})
    proposes = wide.manifest.proposes.model_dump(by_alias=True) | {"policies": policies}
    manifest = wide.manifest.model_dump(by_alias=True) | {"proposes": proposes}
    (finding,) = findings_of_registration(
        Registration.model_validate(wide.model_dump(by_alias=True) | {"manifest": manifest})
    )
    assert (finding.clause, "find_thing" in finding.what) == ("MCP-AUTH-3", True)


def test_nine_tools_are_one_too_many() -> None:
    tools: dict[str, dict[str, Any]] = {f"find_{number}": {} for number in range(9)}
    assert found(with_tools(**tools)) == {"MCP-BUDGET-1": "it has 9 tools"}


@pytest.mark.parametrize("policy", [{"not": {"group": ["x"]}}, {"any": [{"group": ["y"]}, {"not": {"group": ["x"]}}]}])
def test_a_policy_that_only_says_who_may_not_is_found(policy: dict[str, Any]) -> None:
    proposes = said().manifest.proposes.model_dump(by_alias=True)
    wrong = said(proposes=proposes | {"policies": proposes["policies"] | {"strange": policy}})
    (finding,) = findings_of_registration(wrong)
    assert (finding.clause, "policy strange" in finding.what, "not" in finding.how) == ("MCP-AUTH-2", True, True)


@pytest.mark.parametrize(
    ("clause", "facts"),
    [
        ("MCP-DATA-3", {"needs": {"engine": {"url": "url", "password": "text"}}}),
        ("MCP-DATA-3", {"needs": {"engine": {"api_key": "url"}}}),
        ("MCP-BUDGET-3", {"summary": "Greets"}),
        ("MCP-BUDGET-3", {"summary": "Greet the person\nwho calls"}),
        ("MCP-OWNER-1", {"owner": " "}),
        ("MCP-OWNER-1", {"channels": ["ask us"]}),
        ("MCP-OWNER-2", {"tools": {}}),
    ],
)
def test_a_manifest_that_breaks_a_clause_is_found(clause: str, facts: dict[str, Any]) -> None:
    assert list(found(said(**facts))) == [clause]


def test_minutes_without_a_comparison_are_found() -> None:
    facts = {"risk": "low", "data_class": "internal", "minutes": 60, "basis": "guessed"}
    assert found(said(tools={"greet": facts})) == {"MCP-OWNER-2": "greet has no minutes that anybody could check"}


@pytest.mark.parametrize("channel", ["#ask-presto", "https://chat.example/c/1", "presto@example.com"])
def test_a_place_where_somebody_can_be_asked_is_one(channel: str) -> None:
    assert found(said(channels=[channel])) == {}


def test_a_deep_contract_is_read_to_its_end() -> None:
    schema: dict[str, Any] = {"description": "one\u200btwo"}
    for _ in range(40):
        schema = {"properties": {"deeper": schema}}
    assert list(found(with_tools(find_thing={"input": schema}))) == ["MCP-TEXT-3"]
