"""Which policy stands before a resource that no review named, but a template of which it fits."""

import time

import pytest

from platform_core.policy.artefact import PolicyArtefact
from platform_core.policy.decide import Target, decide
from platform_core.testing import PEOPLE
from tests.platform_core.policies import a_policy

RECEIPTS = a_policy(resources={"shop://receipts/{number}": "buy", "shop://receipts/latest": "browse"})


def may_read(who: str, uri: str | None, policy: PolicyArtefact = RECEIPTS) -> bool:
    target = Target("resources/read", uri)
    return decide(policy, PEOPLE[who].calling_from(), target, now=time.time()).allow


def test_a_resource_that_fits_a_template_has_its_policy() -> None:
    assert may_read("ana", "shop://receipts/7")
    assert not may_read("bo", "shop://receipts/7")


def test_a_name_of_its_own_comes_before_a_template() -> None:
    assert may_read("bo", "shop://receipts/latest")


@pytest.mark.parametrize("rest", ["/", "/7/lines", "", "X7", "/7/"])
def test_what_fits_a_template_in_part_is_read_by_nobody(rest: str) -> None:
    assert not may_read("ana", f"shop://receipts{rest}")


def test_nothing_at_all_fits_no_template() -> None:
    assert not may_read("ana", None)


def test_what_a_template_says_outside_its_braces_is_meant_literally() -> None:
    dotted = a_policy(resources={"shop://a.b/{number}": "buy"})
    assert may_read("ana", "shop://a.b/7", dotted)
    assert not may_read("ana", "shop://aXb/7", dotted)


def test_two_templates_with_one_policy_open_what_fits_both() -> None:
    agreed = a_policy(resources={"shop://{a}/7": "buy", "shop://x/{b}": "buy"})
    assert may_read("ana", "shop://x/7", agreed)


def test_two_templates_with_two_policies_open_nothing_that_fits_both() -> None:
    torn = a_policy(resources={"shop://{a}/7": "browse", "shop://x/{b}": "buy"})
    assert not may_read("ana", "shop://x/7", torn)
    assert may_read("ana", "shop://x/8", torn)
