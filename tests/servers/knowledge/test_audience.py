"""What a person holds against a document's groups."""

import pytest

from platform_core.auth.principal import Principal
from servers.knowledge.index.audience import business, keys_of
from tests.servers.knowledge.shelf import somebody


def test_an_employee_holds_their_groups_their_business_groups_and_what_is_everybodys() -> None:
    assert keys_of(somebody("platform")) == {"platform", "business:support", "everyone"}


def test_a_contractor_is_not_everybody() -> None:
    assert keys_of(somebody("vendor-acme", employment="contractor")) == {"vendor-acme", "business:support"}


@pytest.mark.parametrize("group", ["everyone", "business:finance", "business:"])
def test_a_group_of_the_directory_that_is_called_like_our_own_words_opens_nothing(group: str) -> None:
    assert keys_of(somebody(group, employment="contractor")) == {"business:support"}


def test_a_service_holds_nothing() -> None:
    assert keys_of(Principal.service("spiffe://seedbed.internal/production/service/reports")) == frozenset()


def test_a_business_group_is_no_group_of_the_same_name() -> None:
    assert not business(["platform"]) & keys_of(somebody("platform"))
