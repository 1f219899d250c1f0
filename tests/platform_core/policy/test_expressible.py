"""A policy that only one of the two locks could enforce is refused, by the name of its rule."""

from typing import Any

import pytest

from platform_core.policy.artefact import PolicyArtefact
from platform_core.policy.expressible import DEEPEST, inexpressible

EMPLOYEE: dict[str, Any] = {"employment": "employee"}
NOT_VENDOR: dict[str, Any] = {"not": {"group": "vendor"}}


def policy(expression: dict[str, Any]) -> PolicyArtefact:
    return PolicyArtefact.model_validate(
        {
            **{
                "server": "seed",
                "environment": "production",
                "version": 1,
                "issued_at": 1,
                "not_after": 2,
                "reviews": [],
            },
            **{"contract_digest": "sha256:" + "0" * 64, "reach": {"surfaces": "cli"}, "gate": {"business_groups": "*"}},
            **{"policies": {"use": EMPLOYEE, "change": expression}, "tools": {}, "how_to_ask": "ask us"},
        }
    )


def nested(levels: int) -> dict[str, Any]:
    expression = EMPLOYEE
    for _ in range(levels - 1):
        expression = {"any": [expression]}
    return expression


@pytest.mark.parametrize(
    "expression",
    [
        EMPLOYEE,
        {"all": [EMPLOYEE, NOT_VENDOR]},
        {"all": [{"any": [EMPLOYEE, {"role": "operator"}]}, NOT_VENDOR]},
        {"any": [{"all": [NOT_VENDOR, EMPLOYEE]}, {"role": "operator"}]},
        {"all": [EMPLOYEE, {"any": [NOT_VENDOR, {"role": "operator"}]}]},
        nested(DEEPEST),
    ],
)
def test_a_policy_that_says_who_may_can_be_enforced_by_both_locks(expression: dict[str, Any]) -> None:
    assert inexpressible(policy(expression)) is None


@pytest.mark.parametrize(
    "expression",
    [
        NOT_VENDOR,
        {"not": NOT_VENDOR},
        {"all": [NOT_VENDOR, {"not": {"role": "guest"}}]},
        {"any": [EMPLOYEE, NOT_VENDOR]},
        {"any": [{"all": [EMPLOYEE]}, {"all": [NOT_VENDOR]}]},
    ],
)
def test_a_policy_that_only_says_who_may_not_is_refused_by_name(expression: dict[str, Any]) -> None:
    reason = inexpressible(policy(expression))
    assert reason is not None
    assert "policy change of seed says only who may not" in reason


def test_a_policy_deeper_than_the_proxy_reads_is_refused_by_name() -> None:
    reason = inexpressible(policy(nested(DEEPEST + 1)))
    assert reason is not None
    assert "policy change of seed is nested more than 16 levels deep" in reason
