"""Whom no policy tells apart is answered alike, and everybody else for themselves."""

import itertools
import time
from typing import Any

import pytest

from platform_core.auth.principal import Principal
from platform_core.policy.suspend import Suspension
from registry.verdict import OPEN, usable_tools, verdict
from tests.registry.stage import Registry, registration

GROUPS = ("data-engineering", "platform", "floor-4")
UNITS = ("finance", "support", "nobody")


def person(subject: str, groups: Any, units: Any, employment: str, surface: str) -> Principal:
    return Principal(
        subject=subject, groups=frozenset(groups), business_groups=frozenset(units), employment=employment,
        client="c", surface=surface, expires_at=time.time() + 60,
    )  # fmt: skip


def everybody() -> list[Principal]:
    """All that differ in what a token may say."""
    groups, units = _up_to_two(GROUPS), _up_to_two(UNITS)
    return [
        person(subject, teams, gates, employment, surface)
        for subject, teams, gates in itertools.product(("ana", "bo"), groups, units)
        for employment, surface in itertools.product(("employee", "contractor"), ("cli", "web-chat"))
    ]


def _up_to_two(names: tuple[str, ...]) -> list[tuple[str, ...]]:
    return [taken for number in (0, 1, 2) for taken in itertools.combinations(names, number)]


@pytest.mark.parametrize("suspended", [False, True])
async def test_an_offer_is_what_the_evaluator_says_of_each_person(registry: Registry, suspended: bool) -> None:
    await registry.make_live("presto")
    await registry.make_live("seed")
    if suspended:
        entry = Suspension(person="bo", reason="left", by="olu", at=1)
        await registry.parts.suspending.suspend(entry, ["production"])
    now, standings = time.time(), (await registry.parts.present.of("production")).listed
    for who in everybody():
        offer = await registry.parts.audiences.offer("production", who, now=now)
        assert dict(offer.names) == {
            each.name: tuple(usable_tools(each, who, now=now))
            for each in standings
            if verdict(each, who, OPEN, now=now).allow
        }


async def test_people_who_differ_in_nothing_that_counts_share_one_offer(registry: Registry) -> None:
    await registry.make_live("presto")
    ana = person("ana", ("platform", "floor-4"), ("finance",), "employee", "cli")
    bo = person("bo", ("platform", "choir"), ("finance", "nobody"), "employee", "cli")
    offers = [await registry.parts.audiences.offer("production", who, now=time.time()) for who in (ana, bo)]
    assert offers[0] is offers[1]


async def test_an_offer_ends_with_the_first_policy_that_does(registry: Registry) -> None:
    said, now = registration("presto"), time.time()
    await registry.register(said)
    await registry.put(registry.signer.policy(said, not_after=int(now) + 50))
    ana = person("ana", ("platform",), ("finance",), "employee", "cli")
    assert (await registry.parts.audiences.offer("production", ana, now=now)).names
    assert not (await registry.parts.audiences.offer("production", ana, now=now + 51)).names
