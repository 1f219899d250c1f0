"""The whole compiled configuration stands in files that a reviewer can read and compare."""

import json
from pathlib import Path

import pytest

from gateway.compile.bundle import Content
from gateway.validate import validate
from tests.gateway.artefacts import artefact, open_to_all
from tests.gateway.examples import GOLDEN, NOW, example_compiler, golden


@pytest.mark.parametrize("name", sorted(golden()))
def test_the_compiled_file_is_the_reviewed_one(name: str) -> None:
    assert golden()[name].encode() == (GOLDEN / name).read_bytes(), "if it was meant: python -m tests.gateway.examples"


def test_no_reviewed_file_is_left_over() -> None:
    assert {path.name for path in GOLDEN.glob("*.json")} == golden().keys()


def test_equal_policies_give_equal_bytes_in_whatever_order_they_came() -> None:
    compiler, policies = example_compiler(Path("/srv/seedbed"), 7301), [artefact(), open_to_all()]
    one = compiler.compile({policy.server: policy for policy in policies}, now=NOW)
    other = compiler.compile({policy.server: policy for policy in reversed(policies)}, now=NOW)
    assert [Content.of(one.files[name]) for name in one.files] == [
        Content.of(other.files[name]) for name in other.files
    ]


def test_a_version_says_what_the_file_holds() -> None:
    compiler = example_compiler(Path("/srv/seedbed"), 7301)
    one, same, other = (
        Content.of(compiler.compile({"seed": policy}, now=NOW).files["rds-production-edge.json"])
        for policy in (artefact(), artefact(), artefact(how_to_ask="ask us"))
    )
    assert one == same
    assert one.version != other.version
    assert json.loads(one.raw)["version_info"] == one.version


def test_a_policy_never_touches_the_listener() -> None:
    compiler = example_compiler(Path("/srv/seedbed"), 7301)
    closed, opened = compiler.compile({}, now=NOW), compiler.compile({"seed": artefact()}, now=NOW)
    assert closed.files["lds.json"] == opened.files["lds.json"]
    assert b"seed/" not in Content.of(opened.files["lds.json"]).raw


def test_envoy_takes_the_deepest_policy_and_the_oddest_names() -> None:
    deepest = {"group": "a"}
    for _ in range(15):
        deepest = {"all": [deepest, {"group": "b"}]}
    odd = {"any": [{"group": ['Ads, "EU" ü', "%REQ(x)%", "\\", "\t"]}, {"role": ""}]}
    policies = artefact().model_dump(by_alias=True)["policies"] | {"change": deepest, "query": odd}
    hard = artefact(policies=policies, how_to_ask='say "%please%" \\ ü')
    validate(example_compiler(Path("/srv/seedbed"), 7301).compile({"seed": hard}, now=NOW))
