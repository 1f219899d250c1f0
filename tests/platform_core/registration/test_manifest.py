"""`server.yaml` is facts: what is good is taken as it stands, and a fault is named where it is."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from platform_core.errors import WiringError
from platform_core.registration.manifest import Manifest, parse_manifest, read_manifest

GOOD: dict[str, Any] = {
    "name": "shop",
    "title": "Shop",
    "summary": "A small shop.",
    "owner": "shopkeepers",
    "channels": ["#ask-shop", "#shop"],
    "needs": {"engine": {"url": "url", "password": "secret"}},
    "proposes": {
        "surfaces": ["cli"],
        "business_groups": ["finance"],
        "browse": ["support"],
        "policies": {"browse": {"employment": "employee"}},
    },
    "tools": {"look": {"risk": "low", "data_class": "internal", "minutes": 2.5, "basis": "was: walk"}},
}


def parsed(facts: object) -> Manifest:
    return parse_manifest(yaml.safe_dump(facts), where="shop/server.yaml")


def changed(path: str, value: object) -> dict[str, Any]:
    """`GOOD` with the fact at `path` exchanged; `...` takes it away."""
    facts: dict[str, Any] = yaml.safe_load(yaml.safe_dump(GOOD))
    *way, last = path.split("/")
    inside = facts
    for step in way:
        inside = inside[step]
    if value is ...:
        del inside[last]
    else:
        inside[last] = value
    return facts


def test_a_good_manifest_is_taken_as_it_stands() -> None:
    manifest = parsed(GOOD)
    assert manifest.tools["look"].minutes == 2.5
    assert manifest.proposes.reach.surfaces == ("cli",)
    assert manifest.proposes.gate.business_groups == ("finance",)
    assert manifest.proposes.gate.browse == ("support",)
    assert manifest.needs == {"engine": {"url": "url", "password": "secret"}}


def test_a_refused_person_is_sent_to_the_owners_first_channel() -> None:
    assert parsed(GOOD).how_to_ask == "ask shopkeepers in #ask-shop"


def test_one_channel_may_stand_without_brackets() -> None:
    assert parsed(changed("channels", "#ask-shop")).channels == ("#ask-shop",)


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("name", "Shop", "name: "),
        ("name", "../shop", "name: "),
        ("name", "shop_one", "name: "),
        ("name", "", "name: "),
        ("name", "x" * 64, "name: "),
        ("name", ..., "name: Field required"),
        ("title", "", "title: "),
        ("title", "x" * 101, "title: "),
        ("summary", "x" * 101, "summary: "),
        ("summary", ..., "summary: Field required"),
        ("owner", "", "owner: "),
        ("channels", [], "channels: "),
        ("channels", 7, "channels: "),
        ("needs", {"engine": {"url": "link"}}, r"needs\.engine\.url: "),
        ("proposes", ..., "proposes: Field required"),
        ("proposes/surfaces", [], r"proposes\.surfaces: "),
        ("proposes/surfaces", [7, "cli"], r"proposes\.surfaces"),
        ("proposes/business_groups", [], r"proposes\.business_groups: "),
        ("proposes/policies/browse", {"grup": "a"}, r"proposes\.policies\.browse: a policy term is one of group"),
        ("proposes/policies/browse", {"all": []}, r"proposes\.policies\.browse\.all\.all: "),
        ("proposes/polices", {}, r"proposes\.polices: Extra inputs"),
        ("tools", ..., "tools: Field required"),
        ("tools/look around", {"risk": "low"}, r"tools\.look around"),
        ("tools/look", {"risk": "low"}, r"tools\.look\.data_class: Field required"),
        ("tools/look/risk", "none", r"tools\.look\.risk: Input should be 'low', 'cost' or 'change'"),
        ("tools/look/data_class", "secret", r"tools\.look\.data_class: "),
        ("tools/look/minutes", -1, r"tools\.look\.minutes: "),
        ("tools/look/minutes", 481, r"tools\.look\.minutes: "),
        ("tools/look/minutes", "soon", r"tools\.look\.minutes: "),
        ("tools/look/minutes", float("nan"), r"tools\.look\.minutes: "),
        ("tools/look/basis", "", r"tools\.look\.basis: "),
        ("tools/look/policy", "browse", r"tools\.look\.policy: Extra inputs"),
        ("command", "rm -rf /", "command: Extra inputs"),
    ],
)
def test_a_fault_is_named_where_it_is(path: str, value: object, says: str) -> None:
    with pytest.raises(WiringError, match=f"^shop/server.yaml: .*{says}"):
        parsed(changed(path, value))


def test_every_fault_is_named_at_once() -> None:
    facts = changed("owner", "")
    facts["tools"]["look"]["risk"] = "none"
    with pytest.raises(WiringError, match=r"owner: .*; tools\.look\.risk: "):
        parsed(facts)


@pytest.mark.parametrize("text", ["", "7", "[]", "just words", "null"])
def test_what_is_no_list_of_facts_is_refused(text: str) -> None:
    with pytest.raises(WiringError, match=r"^shop/server\.yaml: "):
        parse_manifest(text, where="shop/server.yaml")


@pytest.mark.parametrize("text", ["name: [", "a: b: c", "\tname: x", "name: 'x", "[a]: b", "{a: b}: c"])
def test_what_is_not_yaml_is_refused_with_line_and_column(text: str) -> None:
    with pytest.raises(WiringError, match=r"(?s)^shop/server\.yaml can't be read as YAML: .*line 1, column"):
        parse_manifest(text, where="shop/server.yaml")


def test_a_manifest_cant_run_code() -> None:
    with pytest.raises(WiringError, match="can't be read as YAML"):
        parse_manifest("name: !!python/object/apply:os.system ['true']", where="shop/server.yaml")


def test_a_fact_that_stands_twice_is_refused() -> None:
    """YAML takes the last one in silence; a reviewer may have read the first."""
    text = yaml.safe_dump(GOOD) + "owner: somebody-else\n"
    with pytest.raises(WiringError, match="'owner' stands twice"):
        parse_manifest(text, where="shop/server.yaml")


def test_a_fact_that_stands_twice_deep_inside_is_refused() -> None:
    with pytest.raises(WiringError, match=r"(?s)'risk' stands twice.*line 1"):
        parse_manifest("tools: {look: {risk: low, risk: change}}", where="shop/server.yaml")


@given(st.text())
def test_no_text_at_all_breaks_the_reader(text: str) -> None:
    with pytest.raises(WiringError):
        parse_manifest(text, where="shop/server.yaml")


def test_a_manifest_is_read_beside_the_code() -> None:
    assert read_manifest("deploy.seed").name == "seed"
    with pytest.raises(WiringError, match=r"deploy\.local has no server\.yaml beside its server\.py"):
        read_manifest("deploy.local")
