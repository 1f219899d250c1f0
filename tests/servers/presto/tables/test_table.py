"""Finding the right table among those that a person may see."""

import pytest

from platform_core import NotFound
from servers.presto.memory.history import NOTHING, Used
from servers.presto.tables.browse import BEST, browse
from servers.presto.tables.facts import Fact, Facts
from servers.presto.tables.table import Table, Visible, name_parts


def table(full_name: str, columns: str = "", comment: str = "") -> Table:
    catalog, schema, name = full_name.split(".")
    return Table(catalog=catalog, schema=schema, name=name, columns=columns, comment=comment)


SHOP = Visible(
    tables=(
        table("lake.sales.orders", "order_id total_price customer_id"),
        table("lake.sales.order_items", "order_id sku"),
        table("lake.sales.customers", "customer_id email", "everybody who ever placed an order"),
        table("lake.web.clicks", "session_id url"),
        table("ops.sales.orders", "order_id state"),
    ),
    unread=("slow",),
)


def names(tables: list[Table]) -> list[str]:
    return [table.full_name for table in tables]


def found_by(words: str, within: str = "", facts: Facts | None = None, used: Used = NOTHING) -> list[str]:
    return [shown.table for shown in browse(SHOP, words, within, 1, facts or {}, used).tables]


def test_the_name_says_more_than_columns_and_columns_more_than_the_comment() -> None:
    found = found_by("order")
    assert found[:2] == ["ops.sales.orders", "lake.sales.orders"]
    assert found[2:] == ["lake.sales.order_items", "lake.sales.customers"]


def test_more_of_the_words_beats_a_better_match_of_one() -> None:
    assert found_by("orders of a customer, with price")[0] == "lake.sales.orders"


def test_words_that_nothing_answers_to_find_nothing() -> None:
    assert found_by("weather") == []
    assert found_by("% ' --") == []


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("lake.sales.orders", ["lake.sales.orders"]),
        ('LAKE."sales".Orders', ["lake.sales.orders"]),
        ("web.clicks", ["lake.web.clicks"]),
        ("orders", ["lake.sales.orders", "ops.sales.orders"]),
        ("", []),
        ("...", []),
    ],
)
def test_a_short_name_means_every_table_that_it_fits(name: str, found: list[str]) -> None:
    assert names(SHOP.named(name)) == found


def test_a_misspelt_name_is_answered_with_the_nearest_ones() -> None:
    assert SHOP.like("ops.sales.ordrs")[0] == "ops.sales.orders"
    assert SHOP.like("lake.sale.orders")[0] == "lake.sales.orders"
    assert SHOP.like("weather") == []
    assert SHOP.columns_like("totalprice", ["lake.sales.orders"]) == ["total_price"]


def test_a_quoted_name_may_hold_dots_and_quotes() -> None:
    assert name_parts('lake."a.b"."c""d"') == ["lake", "a.b", 'c"d']
    assert table("a.b.c").quoted == '"a"."b"."c"'
    assert Table(catalog="a", schema="b", name='c"; x').quoted == '"a"."b"."c""; x"'


def test_without_words_the_schemas_are_counted() -> None:
    found = browse(SHOP, "", "", 1, {}, NOTHING)
    assert {(schema.name, schema.tables) for schema in found.schemas} == {
        ("lake.sales", 3),
        ("lake.web", 1),
        ("ops.sales", 1),
    }
    assert found.total == 3
    assert "slow" in found.note


def test_within_a_schema_its_tables_are_listed() -> None:
    found = browse(SHOP, "", "lake.web", 1, {}, NOTHING)
    assert [(shown.table, shown.columns) for shown in found.tables] == [("lake.web.clicks", "session_id url")]


def test_words_search_only_within_the_place_that_was_named() -> None:
    assert found_by("orders", "ops") == ["ops.sales.orders"]


def test_a_place_that_is_not_there_is_an_error_with_the_nearest_ones() -> None:
    with pytest.raises(NotFound, match=r"Did you mean lake\.sales"):
        browse(SHOP, "", "lake.sale", 1, {}, NOTHING)


def test_a_long_list_is_cut_and_says_how_long_it_is() -> None:
    many = Visible(tables=tuple(table(f"lake.big.order_{n}", " ".join(map(str, range(30)))) for n in range(500)))
    found = browse(many, "order", "", 1, {}, NOTHING)
    assert (found.total, len(found.tables)) == (500, BEST)
    assert "500 tables found" in found.note
    assert found.tables[0].columns.endswith("and 18 more")
    assert found.next_page == 2
    last = browse(many, "order", "", 34, {}, NOTHING)
    assert (len(last.tables), last.next_page) == (500 - 33 * BEST, None)


def test_what_people_certify_own_and_use_counts_for_more_than_a_better_match() -> None:
    facts = {"lake.sales.customers": Fact(certified=True, owner="crm"), "ops.sales.orders": Fact(tier=3)}
    assert found_by("order", facts=facts)[0] == "lake.sales.customers"
    assert found_by("order", facts=facts)[-1] == "ops.sales.orders"
    used = Used(by={"lake.sales.order_items": 4}, mine={})
    assert found_by("order", used=used)[0] == "lake.sales.order_items"


def test_more_of_the_words_beats_every_fact() -> None:
    facts = {"lake.sales.order_items": Fact(certified=True, tier=1)}
    assert found_by("order customer", facts=facts)[0] == "lake.sales.orders"


def test_a_found_table_brings_its_facts_and_what_the_person_asked_of_it() -> None:
    facts = {"lake.web.clicks": Fact(owner="web", tier=1, tags=("pii",), freshness="hourly", certified=True)}
    used = Used(by={"lake.web.clicks": 2}, mine={"lake.web.clicks": ("SELECT\n  count(*) FROM lake.web.clicks",)})
    text = "".join(browse(SHOP, "clicks", "", 1, facts, used).as_text())
    assert "certified, tier 1, owner web, fresh hourly, #pii" in text
    assert "asked by 2 people" in text
    assert "you asked: SELECT count(*) FROM lake.web.clicks" in text
