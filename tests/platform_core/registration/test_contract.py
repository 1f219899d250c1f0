"""A review is bound to a digest: it changes when a promise changes, and with nothing else."""

from typing import Any

import pytest

from deploy.seed.server import server as seed
from platform_core.command import describe
from platform_core.registration.contract import Contract, NamedPromise, Registration, ToolPromise
from tests.platform_core.shop.server import server as shop

SEED = "sha256:5514e2d006ae1c020b5ec9b54f76a7f5c981c3c0f7c38879b22d6e45d29acf67"


def test_the_seeds_digest_is_what_it_was() -> None:
    """When this fails and nobody changed the seed, a library did: the whole fleet would have to be reviewed again."""
    assert seed.contract().digest == SEED


def with_tool(**changed: Any) -> str:
    """The digest of the shop's contract with `look` changed."""
    contract = shop.contract()
    look = contract.tools["look"].model_copy(update=changed)
    return contract.model_copy(update={"tools": {**contract.tools, "look": look}}).digest


BEFORE = shop.contract().digest


@pytest.mark.parametrize(
    "changed",
    [
        {"description": "Look at one thing!"},
        {"policy": "buy"},
        {"risk": "change"},
        {"data_class": "restricted"},
        {"long": True},
        {"output": None},
        {"input": {"type": "object", "properties": {}}},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_changed_promise_of_a_tool_is_a_new_digest(changed: dict[str, Any]) -> None:
    assert with_tool(**changed) != BEFORE


CONTRACT = shop.contract()
LOOK = CONTRACT.tools["look"]


@pytest.mark.parametrize(
    "changed",
    [
        {"tools": {**CONTRACT.tools, "peek": LOOK}},
        {"tools": {name: tool for name, tool in CONTRACT.tools.items() if name != "look"}},
        {"resources": {}},
        {"prompts": {"x": NamedPromise(description="", policy="browse")}},
        {"server": "other"},
    ],
    ids=["one tool more", "one tool less", "no resource", "another prompt", "another server"],
)
def test_a_changed_set_of_promises_is_a_new_digest(changed: dict[str, Any]) -> None:
    assert CONTRACT.model_copy(update=changed).digest != BEFORE


THING = LOOK.input["properties"]["thing"]


@pytest.mark.parametrize(
    "changed",
    [
        {"properties": LOOK.input["properties"] | {"thing": THING | {"maxLength": 41}}},
        {"properties": LOOK.input["properties"] | {"thing": THING | {"description": "which one"}}},
        {"properties": LOOK.input["properties"] | {"thing": THING | {"default": "vase"}}},
        {"properties": LOOK.input["properties"] | {"more": {"type": "string"}}},
        {"required": ["thing", "note"]},
    ],
    ids=["a bound", "a description", "a default", "an argument", "a must"],
)
def test_a_changed_schema_is_a_new_digest(changed: dict[str, Any]) -> None:
    assert with_tool(input=LOOK.input | changed) != BEFORE


def test_a_title_in_a_schema_changes_nothing() -> None:
    schema = shop.contract().model_dump(mode="json")["tools"]["look"]["input"]
    schema["title"] = "Another"
    schema["properties"]["thing"]["title"] = "Another"
    assert with_tool(input=schema) == BEFORE


def test_an_argument_whose_name_is_title_is_a_promise_all_the_same() -> None:
    schema = shop.contract().model_dump(mode="json")["tools"]["look"]["input"]
    schema["properties"]["title"] = {"type": "string"}
    assert with_tool(input=schema) != BEFORE


def test_a_default_that_is_called_title_is_a_promise_all_the_same() -> None:
    one, two = (
        {"type": "object", "properties": {"how": {"type": "object", "default": {"title": title}}}} for title in "ab"
    )
    assert with_tool(input=one) != with_tool(input=two)


def test_what_people_read_needs_no_review() -> None:
    """Title, summary, minutes and channels are in the manifest; none of them is in the contract."""
    server = type(shop)("tests.platform_core.shop.server")
    assert {*Contract.model_fields} == {"server", "tools", "resources", "prompts"}
    facts = {"description", "input", "output", "policy", "risk", "data_class", "long", "approval"}
    assert {*ToolPromise.model_fields} == facts
    assert server.manifest.tools["look"].minutes == 2
    said = shop.contract().model_dump_json()
    assert server.manifest.summary not in said
    assert server.manifest.title not in said.replace("shop", "")


def test_the_order_of_writing_is_no_promise() -> None:
    contract = shop.contract()
    turned = contract.model_copy(update={"tools": dict(reversed(contract.tools.items()))})
    assert turned.digest == BEFORE


@pytest.mark.parametrize("server", [seed, shop], ids=["seed", "shop"])
def test_a_registration_is_the_same_after_the_wire(server: Any) -> None:
    registration = describe(server)
    again = Registration.model_validate_json(registration.model_dump_json(by_alias=True))
    assert again == registration
    assert again.contract.digest == server.contract().digest
