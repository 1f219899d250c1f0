"""The pages say to each person what the API says, escaped, and load nothing from elsewhere."""

import re
from typing import Any

import pytest

from platform_core.registration.contract import Registration
from platform_core.testing import PEOPLE
from registry.store import health
from registry.store.health import Sighting
from tests.registry.api.test_why import refusal
from tests.registry.pages.reading import page_for, read
from tests.registry.records import entry
from tests.registry.stage import TOOLS, Registry, Signer, registration


@pytest.mark.parametrize(
    "path", ["/", "/servers", "/servers/presto", "/servers/presto/connect", "/experiments/presto", "/suspensions"]
)
async def test_nobody_reads_a_page_without_signing_in(registry: Registry, path: str) -> None:
    answer = await registry.public.get(path, headers={"Cookie": "seedbed-registry-session=guess"})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login?next=%2F")


async def test_a_token_of_the_api_opens_no_page(registry: Registry) -> None:
    answer = await registry.public.get("/", headers=registry.issuer.headers("ana") | {"X-Forwarded-User": "ana"})
    assert answer.status_code == 303


@pytest.mark.parametrize(
    ("login", "presto"),
    [("ana", "All 3 tools"), ("bo", "2 of 3 tools ask Data Platform"), ("carl", "Not yet ask Data Platform")],
)
async def test_the_list_says_to_each_what_they_can_use(registry: Registry, login: str, presto: str) -> None:
    await registry.make_live("presto")
    assert presto in await read(registry, login, "/")


async def test_an_empty_registry_says_so(registry: Registry) -> None:
    assert "Nothing has been registered." in await read(registry, "ana", "/")


async def test_a_server_that_waits_for_its_policy_is_listed_apart(registry: Registry) -> None:
    await registry.register(registration("presto"))
    shown = await read(registry, "ana", "/")
    assert "No server is live in production" in shown
    assert shown.index("Not live") < shown.index("Presto")


@pytest.mark.parametrize("login", PEOPLE)
async def test_the_page_of_a_server_agrees_with_preflight_on_every_tool(registry: Registry, login: str) -> None:
    await registry.make_live("presto")
    html = (await page_for(registry, login, "/servers/presto")).text
    for tool in TOOLS["presto"]:
        row = html[html.index(f"<code>{tool}</code>") :].partition("</tr>")[0]
        verdict = await registry.ask("/api/preflight", login, server="presto", tool=tool)
        assert (">Yes<" in row) == verdict["allow"]
        assert (">Not yet<" in row) != verdict["allow"]


async def test_a_locked_server_names_the_rule_and_shows_no_address_schema_or_figure(registry: Registry) -> None:
    await registry.make_live("presto")
    shown = await read(registry, "carl", "/servers/presto")
    assert "Presto is open to reviewed business groups" in shown
    assert "Decided by rule presto/gate of policy 1" in shown
    assert "ask Data Platform in #ask-presto" in shown
    for hidden in ("/mcp/presto", "properties", "Last 30 days"):
        assert hidden not in shown
    assert "/mcp/presto" not in await read(registry, "carl", "/servers/presto/connect")


async def test_an_open_server_without_a_usable_tool_says_that(registry: Registry) -> None:
    await registry.make_live("seed")
    assert "You can open Seed, and use none of its tools yet." in await read(registry, "carl", "/servers/seed")


async def test_a_tool_that_is_open_from_one_surface_only_names_it(registry: Registry, signer: Signer) -> None:
    said = registration("presto")
    await registry.register(said)
    policies = {"browse": {"employment": ["employee"]}, "execute": {"surface": ["cli"]}}
    await registry.put(signer.policy(said, reach={"surfaces": ["cli", "registry"]}, policies=policies))
    shown = await read(registry, "ana", "/servers/presto")
    assert "all 3 tools from the CLI and coding agents and these pages" in shown
    assert "run_query Run one SELECT as you; 100 rows unless you say more. Yes from the CLI and coding agents" in shown


async def test_the_figures_are_those_of_the_records(registry: Registry) -> None:
    await registry.make_live("presto")
    records = [entry(number, user=["ana", "olu"][number % 2]) for number in range(30)]
    ends = [entry("a", outcome="tool_error"), entry("b", outcome="exception"), entry("c", outcome="denied")]
    await registry.platform.post("/api/invocations", json=records + ends)
    shown = await read(registry, "ana", "/servers/presto")
    assert "Calls 33 by 2 people Failures 2" in shown
    assert "Refusals 1 0 of them at the proxy Time saved 1\N{EN DASH}3 h" in shown


async def test_the_figures_count_services_apart_and_the_proxys_refusals_too(registry: Registry, signer: Signer) -> None:
    said, workload = registration("seed"), "spiffe://seedbed.internal/production/service/nightly"
    grant = {"spiffe_id": workload, "tools": ["greet"], "reason": "sweep", "owner": "Data", "expires": 4_000_000_000}
    await registry.register(said)
    (await registry.put(signer.policy(said, services=[grant]))).raise_for_status()
    calls = [entry(number, server="seed", tool="greet") for number in range(2)]
    by_itself = [entry("s", server="seed", tool="greet", surface="service", user=None, workload=workload)]
    await registry.platform.post("/api/invocations", json=calls + by_itself)
    await registry.platform.post("/api/refusals", json=[refusal(1, server="seed"), refusal(2, server="presto")])
    shown = await read(registry, "ana", "/servers/seed")
    assert "Calls 2 by 1 person" in shown
    assert "Refusals 1 1 of them at the proxy" in shown
    assert "service/nightly 1 0 0" in shown
    assert "service/nightly greet sweep; answers for it: Data; until" in shown


async def test_the_connect_page_holds_lines_that_work(registry: Registry) -> None:
    await registry.make_live("presto")
    shown = await read(registry, "bo", "/servers/presto/connect")
    assert "&#34;headersHelper&#34;: &#34;seedbed headers presto&#34;" in shown
    assert "&#34;url&#34;: &#34;http://127.0.0.1:7301/mcp/presto&#34;" in shown
    assert "seedbed tools presto seedbed call presto find_tables key=value" in shown


async def test_the_status_is_shown_with_its_age_and_reason(registry: Registry) -> None:
    await registry.make_live("presto")
    now = registry.parts.clock()
    well = Sighting(server="presto", state="healthy", reason="lists what was registered", at=now - 600)
    ill = Sighting(server="presto", state="down", reason="it answered 503", at=now - 240)
    for seen in (well, ill):
        async with registry.parts.database.writing() as connection:
            await health.note(connection, "production", [seen])
    assert "Down last seen 10 min ago" in await read(registry, "ana", "/")
    shown = await read(registry, "ana", "/servers/presto")
    assert "Right now it is down: it answered 503." in shown
    assert "Checked 4 min ago by listing tools" in shown


async def test_what_an_author_wrote_stays_text(registry: Registry, signer: Signer) -> None:
    evil = '<script>alert(1)</script><img src=x onerror="alert(2)">'
    tools = {"greet": TOOLS["seed"]["greet"].model_copy(update={"description": evil, "output": {"title": evil}})}
    changed: dict[str, Any] = {"title": evil, "summary": evil, "owner": evil, "channels": [evil], "tools": tools}
    said = registration("seed", version=evil, **changed)
    (await registry.register(said)).raise_for_status()
    (await registry.put(signer.policy(said))).raise_for_status()
    for path in ("/", "/servers/seed", "/servers/seed/connect"):
        html = (await page_for(registry, "ana", path)).text
        assert "&lt;script&gt;" in html
        assert "<script>" not in html
        assert "<img" not in html


@pytest.mark.parametrize(
    "path", ["/", "/servers/presto", "/suspensions", "/servers/nothing", "/logout", "/login/callback"]
)
async def test_a_page_may_load_our_own_sheet_and_nothing_else(registry: Registry, path: str) -> None:
    await registry.make_live("presto")
    answer = await page_for(registry, "ana", path)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self';")
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "style=" not in answer.text
    assert not re.search(r'(?:src|href|action)="(?:https?:)?//', answer.text)


@pytest.mark.parametrize("path", ["/servers/nothing", "/servers/Not%20A%20Name", "/nothing", "/static/../settings.py"])
async def test_what_is_not_there_is_said_with_a_way_on_and_a_trace(registry: Registry, path: str) -> None:
    answer = await page_for(registry, "ana", path)
    assert answer.status_code in (400, 404)
    assert "Show all servers" in answer.text
    assert re.search(r"<code>[0-9a-f]{32}</code>", answer.text)


async def test_the_sheet_is_served_to_anybody(registry: Registry) -> None:
    for name in ("seedbed.css", "registry.css", "seedbed.svg"):
        assert (await registry.public.get(f"/static/{name}")).status_code == 200


def many(tools: int, **changed: Any) -> Registration:
    """A server of very many tools."""
    promise = TOOLS["seed"]["greet"].model_copy(update=changed)
    return registration("seed", tools={f"t{number}": promise for number in range(tools)})


async def test_a_contract_of_ten_thousand_tools_is_shown_a_hundred_at_a_time(
    registry: Registry, signer: Signer
) -> None:
    said = many(10_000)
    (await registry.register(said)).raise_for_status()
    (await registry.put(signer.policy(said))).raise_for_status()
    first = await page_for(registry, "ana", "/servers/seed")
    assert len(first.content) < 300_000
    assert "1\N{EN DASH}100 of 10,000" in first.text
    later = (await page_for(registry, "ana", "/servers/seed", tool="t9999")).text
    assert '<tr id="tool-t9999"' in later
    assert "9,901\N{EN DASH}10,000 of 10,000" in later
    assert "Open to you 10,000 tools" in await read(registry, "ana", "/")


async def test_a_promise_longer_than_a_page_is_cut_and_says_so(registry: Registry, signer: Signer) -> None:
    deep: dict[str, Any] = {"type": "string"}
    for _ in range(60):
        deep = {"type": "object", "properties": {"x" * 300: deep}}
    said = many(1, input=deep, description="# Buy [now](https://evil.example) " + "word " * 10_000)
    (await registry.register(said)).raise_for_status()
    (await registry.put(signer.policy(said))).raise_for_status()
    html = (await page_for(registry, "ana", "/servers/seed")).text
    assert len(html) < 120_000
    assert "Cut after 20,000 characters" in html
    assert "# Buy [now](https://evil.example)" in html
    assert 'href="https://evil.example' not in html


async def test_a_channel_is_a_link_where_the_settings_say_where_channels_are(registry: Registry) -> None:
    settings = registry.parts.settings.model_copy(update={"channel_url": "https://chat.example/c/{channel}"})
    assert settings.channel_at("#ask/presto") == "https://chat.example/c/ask%2Fpresto"
    assert registry.parts.settings.channel_at("#ask-presto") is None


async def test_groups_are_named_to_those_whom_the_server_is_open_to(registry: Registry) -> None:
    await registry.make_live("presto")
    assert "Open to ads data-platform finance" in await read(registry, "ana", "/servers/presto")
    assert "Open to 3 business groups" in await read(registry, "carl", "/servers/presto")
    assert "Open to ads data-platform finance" in await read(registry, "lea", "/servers/presto"), "who judges sees whom"


async def test_every_client_that_a_test_connects_has_a_tab(registry: Registry) -> None:
    await registry.make_live("presto")
    shown = await read(registry, "ana", "/servers/presto/connect")
    for word in ("Claude Code", "Codex", "OpenCode", "bearer_token_env_var", "{env:SEEDBED_TOKEN}", "headersHelper"):
        assert word in shown
