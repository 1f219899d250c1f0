"""A review takes away and never adds, and what several take away is taken away together."""

from collections.abc import Callable
from typing import Any

import pytest

from platform_core.policy.artefact import PolicyArtefact
from registry.reviews.compiling import wish
from registry.reviews.narrowing import Narrowing, NothingLeft, narrowed, widened
from tests.registry.stage import registration

SERVICE = {
    "spiffe_id": "spiffe://seedbed.internal/production/service/nightly",
    "tools": ["find_tables"],
    "reason": "a nightly job",
    "owner": "platform",
    "until": "2099-01-01",
}
NOW = 1_800_000_000


def asked(**proposes: Any) -> PolicyArtefact:
    """Presto's wish, with more in it."""
    said = registration("presto")
    manifest = said.manifest.model_dump(mode="json", by_alias=True)
    manifest["proposes"] |= {"services": [SERVICE]} | proposes
    return wish(registration("presto", **{"proposes": manifest["proposes"]}), now=NOW)


Look = Callable[[PolicyArtefact], bool]
LEFT: list[tuple[dict[str, Any], Look]] = [
    ({"surfaces": ["cli"]}, lambda left: left.reach.surfaces == ("cli",)),
    ({"channels": {"chat-bot": ["C1"]}}, lambda left: left.reach.channels == {"chat-bot": ("C1",)}),
    ({"groups": ["platform"]}, lambda left: left.reach.groups == ("platform",)),
    ({"business_groups": ["ads"]}, lambda left: left.gate.business_groups == ("ads",)),
    ({"browse": []}, lambda left: left.gate.browse == ()),
    ({"tools": ["find_tables"]}, lambda left: set(left.tools) == {"find_tables"}),
    ({"data_classes": ["internal"]}, lambda left: "run_query" not in left.tools),
    ({"services": []}, lambda left: left.services == ()),
    ({"tools": ["run_query"]}, lambda left: left.services == ()),
    ({"until": NOW + 5}, lambda left: left.not_after == NOW + 5),
]


@pytest.mark.parametrize(("narrowing", "look"), LEFT)
def test_each_thing_can_be_taken_away(narrowing: dict[str, Any], look: Look) -> None:
    before = asked(surfaces=["cli", "chat-bot"])
    taken = Narrowing.model_validate(narrowing)
    assert widened(before, taken) is None
    assert not look(before)
    assert look(narrowed(before, [taken]))


@pytest.mark.parametrize(
    "narrowing",
    [
        {"surfaces": ["web-chat"]},
        {"channels": {"web-chat": ["C1"]}},
        {"channels": {"chat-bot": ["C2"]}},
        {"groups": ["platform"]},
        {"business_groups": ["support"]},
        {"business_groups": ["*"]},
        {"browse": ["finance"]},
        {"tools": ["drop_table"]},
        {"services": ["spiffe://seedbed.internal/production/service/other"]},
    ],
)
def test_nothing_is_added(narrowing: dict[str, Any]) -> None:
    before = asked(surfaces=["cli", "chat-bot"], channels={"chat-bot": ["C1"]}, groups=["data-engineering"])
    assert "that nobody asked for" in str(widened(before, Narrowing.model_validate(narrowing)))


def test_reviewers_take_away_together() -> None:
    left = narrowed(
        asked(business_groups=["*"]),
        [
            Narrowing(business_groups=("ads", "finance"), until=NOW + 900),
            Narrowing(business_groups=("ads", "support"), tools=("find_tables",), until=NOW + 500),
        ],
    )
    assert (left.gate.business_groups, set(left.tools), left.not_after) == (("ads",), {"find_tables"}, NOW + 500)


@pytest.mark.parametrize(
    "pair",
    [
        ({"business_groups": ["ads"]}, {"business_groups": ["finance"]}),
        ({"groups": ["a"]}, {"groups": ["b"]}),
        ({"tools": ["find_tables"]}, {"data_classes": ["restricted"]}),
        ({"surfaces": []}, {}),
    ],
)
def test_what_leaves_nothing_is_no_narrowing(pair: tuple[dict[str, Any], dict[str, Any]]) -> None:
    with pytest.raises(NothingLeft):
        narrowed(asked(), [Narrowing.model_validate(one) for one in pair])


def test_the_same_decisions_make_the_same_bytes() -> None:
    one = narrowed(
        asked(), [Narrowing(tools=("find_tables", "run_query")), Narrowing(business_groups=("ads", "finance"))]
    )
    two = narrowed(
        asked(), [Narrowing(business_groups=("finance", "ads")), Narrowing(tools=("run_query", "find_tables"))]
    )
    assert one.model_dump_json() == two.model_dump_json()
