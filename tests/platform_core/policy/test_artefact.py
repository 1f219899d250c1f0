"""A policy that can't be enforced as it is written is not a policy."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from platform_core.policy.artefact import PolicyArtefact, ToolRule
from tests.platform_core.policies import a_policy


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        (
            {"tools": {"look": {"policy": "mine", "risk": "low", "data_class": "public"}}},
            "policies nobody defined: mine",
        ),
        ({"resources": {"shop://rules": "mine"}}, "policies nobody defined: mine"),
        ({"prompts": {"greeting": "mine"}}, "policies nobody defined: mine"),
        ({"not_after": 0}, "not_after must be later than issued_at"),
        ({"issued_at": 5, "not_after": 5}, "not_after must be later than issued_at"),
        ({"environment": "staging"}, "environment"),
        ({"format": 2}, "format"),
        ({"version": 0}, "version"),
        ({"server": "../etc"}, "server"),
        ({"server": "Shop"}, "server"),
        ({"contract_digest": "sha256:short"}, "contract_digest"),
        ({"tools": {"look around": {"policy": "browse", "risk": "low", "data_class": "public"}}}, "tools"),
        ({"tools": {"=?base64?bG9vaw==?=": {"policy": "browse", "risk": "low", "data_class": "public"}}}, "tools"),
        ({"tools": {"look": {"policy": "browse", "risk": "none", "data_class": "public"}}}, "risk"),
        ({"tools": {"look": {"policy": "browse", "risk": "low", "data_class": "secret"}}}, "data_class"),
        ({"reach": {"surfaces": []}}, "surfaces"),
        ({"gate": {"business_groups": []}}, "business_groups"),
        ({"gate": {"business_groups": ["a"], "everybody": True}}, "everybody"),
        ({"exceptions": ["ana"]}, "exceptions"),
    ],
)
def test_a_policy_with_a_fault_is_refused_and_the_fault_is_named(changed: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        a_policy(**changed)


@pytest.mark.parametrize(
    ("risk", "data_class", "sensitive"),
    [
        ("low", "public", False),
        ("low", "internal", False),
        ("cost", "internal", False),
        ("low", "restricted", True),
        ("change", "public", True),
    ],
)
def test_what_changes_data_or_shows_a_restricted_class_is_sensitive(
    risk: Any, data_class: Any, sensitive: bool
) -> None:
    assert ToolRule(policy="x", risk=risk, data_class=data_class).sensitive is sensitive


def test_a_policy_is_the_same_after_the_wire() -> None:
    policy = a_policy()
    wire = json.dumps(policy.model_dump(mode="json", by_alias=True))
    assert PolicyArtefact.model_validate_json(wire) == policy


def test_a_policy_cannot_be_changed_in_place() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        a_policy().version = 2  # type: ignore[misc]
