"""The list that an IDE shows: what is approved for production, in pages, by the words that clients know."""

import base64
import json
import time

import pytest

from tests.registry.official.shelf import OFFICIAL, Ide, approve, official, put_in_force, said, short
from tests.registry.stage import Registry


async def test_an_empty_registry_has_an_empty_list(ide: Ide) -> None:
    assert await ide.listed(params={"limit": 1}) == {"servers": [], "metadata": {"count": 0}}


async def test_an_entry_says_how_to_connect_and_what_it_is_for(registry: Registry, ide: Ide) -> None:
    await approve(registry, "presto", title="Presto", summary="Query Presto with row and cost limits")
    (entry,) = (await ide.listed())["servers"]
    assert entry["server"] == {
        "$schema": "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json",
        "name": "internal.seedbed/presto",
        "title": "Presto",
        "description": "Query Presto with row and cost limits",
        "version": "1.0.0",
        "websiteUrl": "http://127.0.0.1:7301/servers/presto",
        "remotes": [{"type": "streamable-http", "url": "http://127.0.0.1:7301/mcp/presto"}],
    }
    assert set(entry["_meta"]) == {OFFICIAL}
    assert (official(entry)["status"], official(entry)["isLatest"]) == ("active", True)
    assert official(entry)["publishedAt"] <= official(entry)["updatedAt"]


async def test_what_nobody_approved_for_production_is_nowhere(registry: Registry, ide: Ide) -> None:
    await put_in_force(registry, "unreviewed")
    (await registry.register(said("experiment"), "dev")).raise_for_status()
    policy = registry.signer.policy(said("experiment"), environment="dev")
    (await registry.put(policy)).raise_for_status()
    everything = {"include_deleted": "true", "updated_since": "2000-01-01T00:00:00Z"}
    assert await ide.names(params=everything) == []
    for name in ("unreviewed", "experiment"):
        assert (await ide.get(f"/servers/internal.seedbed%2F{name}/versions/latest")).status_code == 404


async def test_nobody_without_a_token_learns_of_tools_people_and_reviews(registry: Registry, ide: Ide) -> None:
    await registry.make_live("presto")
    shown = (await ide.get("/servers")).text + (await ide.get("/servers/internal.seedbed/presto/versions")).text
    for word in ("find_tables", "data-engineering", "finance", "Data Platform", "ask-presto", "SEC-1", "restricted"):
        assert word not in shown


async def test_pages_of_a_search_go_on_by_a_cursor_that_is_put_into_the_address_as_it_is(
    registry: Registry, ide: Ide
) -> None:
    for number in range(120):
        await approve(registry, f"spark-{number:03}")
    await approve(registry, "presto")
    query, found, pages = "limit=50&version=latest&search=SPARK", list[str](), 0
    while query:
        page = await ide.listed(f"/servers?{query}")
        found += [short(entry) for entry in page["servers"]]
        cursor, pages = page["metadata"].get("nextCursor", ""), pages + 1
        assert cursor.replace("-", "").replace("_", "").isalnum() or not cursor
        query = f"limit=50&version=latest&cursor={cursor}" if cursor else ""
    assert (pages, found) == (3, [f"spark-{number:03}" for number in range(120)])


async def test_a_page_that_ends_with_the_list_has_no_cursor(registry: Registry, ide: Ide) -> None:
    for name in ("ant", "bee"):
        await approve(registry, name)
    assert "nextCursor" not in (await ide.listed(params={"limit": 2}))["metadata"]
    first = await ide.listed(params={"limit": 1})
    assert await ide.names(params={"limit": 1, "cursor": first["metadata"]["nextCursor"]}) == ["bee@1.0.0"]


async def test_what_comes_in_between_two_pages_neither_repeats_nor_hides_anything(registry: Registry, ide: Ide) -> None:
    for name in ("bee", "dog"):
        await approve(registry, name)
    cursor = (await ide.listed(params={"limit": 1}))["metadata"]["nextCursor"]
    for name in ("ant", "cat"):
        await approve(registry, name)
    assert await ide.names(params={"cursor": cursor}) == ["cat@1.0.0", "dog@1.0.0"]


@pytest.mark.parametrize(
    ("search", "found"),
    [("PRES", ["presto"]), ("greet", ["greeter"]), ("internal.seedbed/", ["greeter", "presto"]), ("%", []), ("x", [])],
)
async def test_a_search_looks_at_names_and_descriptions(
    registry: Registry, ide: Ide, search: str, found: list[str]
) -> None:
    await approve(registry, "presto", summary="Query tables")
    await approve(registry, "greeter", summary="Greet somebody")
    assert await ide.names(params={"search": search}) == [f"{name}@1.0.0" for name in found]


async def test_a_list_is_of_every_version_or_the_latest_or_one(registry: Registry, ide: Ide) -> None:
    await approve(registry, "presto", "1.9.0")
    await approve(registry, "presto", "1.10.0", policy=2)
    assert await ide.names() == ["presto@1.10.0", "presto@1.9.0"]
    assert await ide.names(params={"version": "latest"}) == ["presto@1.10.0"]
    assert await ide.names(params={"version": "1.9.0"}) == ["presto@1.9.0"]
    assert await ide.names(params={"version": "3"}) == []


async def test_the_first_page_is_of_thirty(registry: Registry, ide: Ide) -> None:
    for number in range(31):
        await approve(registry, f"s{number:02}")
    assert len(await ide.names()) == 30


@pytest.mark.parametrize(
    "cursor",
    [
        *("nonsense", "====", "a" * 5_000, "%00", "é", "bnVsbA", "W10"),
        base64.urlsafe_b64encode(b'{"server":1,"version":"1","asked":{}}').decode(),
        base64.urlsafe_b64encode(json.dumps({"server": "a", "version": "1", "asked": {"no": 1}}).encode()).decode(),
    ],
)
async def test_a_cursor_of_somebody_s_own_is_a_bad_request(ide: Ide, cursor: str) -> None:
    answer = await ide.get("/servers", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["status"]) == (400, 400)
    assert "metadata.nextCursor" in answer.json()["error"]


@pytest.mark.parametrize("time_", ["yesterday", "2026-11-01", "2026-11-01T00:00:00", "1780000000"])
async def test_a_time_that_is_none_is_a_bad_request(ide: Ide, time_: str) -> None:
    answer = await ide.get("/servers", params={"updated_since": time_})
    assert (answer.status_code, "2026-11-01T00:00:00Z" in answer.json()["detail"]) == (400, True)


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=many", "include_deleted=perhaps", f"search={'x' * 201}"]
)
async def test_other_nonsense_is_unprocessable_and_says_where(ide: Ide, query: str) -> None:
    answer = await ide.get(f"/servers?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["location"] == f"query.{query.partition('=')[0]}"
    assert answer.json()["error"] == answer.json()["detail"] != ""


async def test_whoever_mirrors_by_time_is_told_what_changed(registry: Registry, ide: Ide) -> None:
    await approve(registry, "presto")
    (entry,) = (await ide.listed())["servers"]
    assert await ide.names(params={"updated_since": official(entry)["updatedAt"]}) == ["presto@1.0.0"]
    later = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3_600))
    assert await ide.names(params={"updated_since": later}) == []


async def test_a_version_that_the_format_can_t_say_is_left_out_and_the_rest_stays(registry: Registry, ide: Ide) -> None:
    for number, version in enumerate(["latest", "^1.0", "1.x", "1.0 - 2.0", "a/b", "", "9" * 256]):
        await approve(registry, f"odd-{number}", version)
    await approve(registry, "bare", summary="\u200b\u200b")
    await approve(registry, "presto", "1.0.0+build")
    assert await ide.names() == ["presto@1.0.0+build"]


async def test_a_cursor_alone_goes_on_with_every_filter_of_the_first_page(registry: Registry, ide: Ide) -> None:
    for name in ("ant", "bee", "cat"):
        await approve(registry, name)
        await approve(registry, name, "1.1.0", policy=2)
    (await registry.platform.delete("/api/servers/bee")).raise_for_status()
    first = {"limit": 1, "version": "latest", "search": "internal", "include_deleted": "true"}
    page = await ide.listed(params=first)
    cursor = page["metadata"]["nextCursor"]
    assert [short(entry) for entry in page["servers"]] == ["ant"]
    assert await ide.names(params={"cursor": cursor}) == ["bee@1.1.0", "cat@1.1.0"]
