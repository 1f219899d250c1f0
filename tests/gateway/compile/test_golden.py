"""The whole compiled configuration stands in files that a reviewer can read and compare."""

from pathlib import Path

import pytest

from gateway.compile.bundle import Bundle
from gateway.compile.content import Content
from gateway.validate import Validation
from platform_core.policy.artefact import PolicyArtefact
from tests.gateway.artefacts import artefact, open_to_all
from tests.gateway.examples import GOLDEN, NOW, example_compiler, example_door, golden, ruling


@pytest.mark.parametrize("name", sorted(golden()))
def test_the_compiled_file_is_the_reviewed_one(name: str) -> None:
    assert golden()[name].encode() == (GOLDEN / name).read_bytes(), "if it was meant: python -m tests.gateway.examples"


def test_no_reviewed_file_is_left_over() -> None:
    assert {path.name for path in GOLDEN.glob("*.json")} == golden().keys()


def compiled(*policies: PolicyArtefact) -> Bundle:
    """By a compiler that remembers nothing."""
    doors = (example_door(), example_door(side="mesh"))
    return example_compiler(Path("/srv/seedbed"), *doors).compile(ruling(*policies), now=NOW)


def test_equal_policies_give_equal_bytes_in_whatever_order_they_came() -> None:
    one, other = compiled(artefact(), open_to_all()), compiled(open_to_all(), artefact())
    assert [table.content for table in one.tables] == [table.content for table in other.tables]
    assert (one.clusters, one.listeners) == (other.clusters, other.listeners)


def test_a_version_says_what_the_file_holds() -> None:
    one, same, other = (compiled(each).tables[0].content for each in (artefact(), artefact(), artefact(how_to_ask="?")))
    assert one == same
    assert one.version != other.version
    assert one.version.encode() in one.raw


def test_a_policy_never_touches_the_listener() -> None:
    closed, opened = compiled(), compiled(artefact())
    assert closed.listeners == opened.listeners
    assert b"seed/" not in Content.of(opened.listeners).raw


def test_envoy_takes_the_deepest_policy_and_the_oddest_names() -> None:
    deepest = {"group": "a"}
    for _ in range(15):
        deepest = {"all": [deepest, {"group": "b"}]}
    odd = {"any": [{"group": ['Ads, "EU" ü', "%REQ(x)%", "\\", "\t"]}, {"role": ""}]}
    policies = artefact().model_dump(by_alias=True)["policies"] | {"change": deepest, "query": odd}
    hard = artefact(policies=policies, how_to_ask='say "%please%" \\ ü')
    Validation()(example_compiler(Path("/srv/seedbed")).compile(ruling(hard), now=NOW))
