"""A person at a real browser: signs in, reads every page by light and in the dark, on a desk and on a phone."""

import importlib
import shutil
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright

from platform_core.policy.suspend import Suspension
from tests.registry.records import entry
from tests.registry.stage import PATIENCE, TOOLS, Registry, registration

CHROMIUM = shutil.which("chromium")
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
AXE: Any = importlib.import_module("axe_playwright_python.async_playwright").Axe()  # it has no types
LONG = "a-name-of-one-hundred-and-fifty-letters-" * 4

pytestmark = [
    pytest.mark.real,
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium: `make browser` says how to get it"),
]


@pytest.fixture
async def chromium() -> AsyncGenerator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        await browser.close()


async def sign_in(page: Page, pages: Registry, login: str) -> None:
    """Go to the registry, be led to the identity provider, pick a person there, come back."""
    page.set_default_timeout(PATIENCE * 1000)
    await page.goto(f"{pages.parts.platform.base}/")
    await page.check(f'input[value="{login}"]')
    await page.click('button[value="yes"]')
    await page.wait_for_url(f"{pages.parts.platform.base}/")


async def faults(page: Page) -> list[str]:
    """What axe finds, and whether the page is wider than its window."""
    found: list[dict[str, Any]] = (await AXE.run(page)).response["violations"]
    wider = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    too_wide = [f"{page.url}: {wider} px too wide"] if wider > 0 else []
    return [f"{page.url}: {fault['id']}" for fault in found] + too_wide


async def add_a_server_of_long_names(pages: Registry) -> None:
    tools = {"t" * 64: TOOLS["seed"]["greet"]}
    said = registration("seed", tools=tools, title=LONG[:100], summary="x" * 100, owner=LONG, channels=[f"#{LONG}"])
    (await pages.register(said)).raise_for_status()
    (await pages.put(pages.signer.policy(said, version=2))).raise_for_status()


async def add_what_is_rare(pages: Registry) -> None:
    """An experiment, calls by a service, and something suspended."""
    workload = f"spiffe://seedbed.internal/production/service/{LONG}"
    await pages.make_live("presto", environment="dev")
    calls = [entry("p"), entry("s", surface="service", user=None, workload=workload)]
    await pages.platform.post("/api/invocations", json=calls)
    for what in ({"server": "presto", "tool": "run_query"}, {"person": LONG}):
        closed = Suspension.model_validate({"reason": LONG, "by": "olu", "at": int(pages.parts.clock())} | what)
        await pages.parts.suspending.suspend(closed, ["production"])


PLACES = [
    "/", "/?q=table", "/?q=nothing-is-called-so", "/?show=unwell", "/servers/presto", "/servers/presto/connect",
    "/servers/seed", "/experiments/presto", "/impact", "/impact?period=year", "/guide", "/suspensions",
    "/suspensions?opened=1", "/servers/nothing", "/logout",
]  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_page_can_be_read_by_everybody(chromium: Browser, pages: Registry, scheme: str) -> None:
    await add_a_server_of_long_names(pages)
    await add_what_is_rare(pages)
    context = await chromium.new_context(color_scheme="dark" if scheme == "dark" else "light")
    page = await context.new_page()
    await sign_in(page, pages, "olu")
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
    for path in PLACES:
        await page.goto(f"{pages.parts.platform.base}{path}")
        await page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        for width in (1280, 380):
            await page.set_viewport_size({"width": width, "height": 800})
            complaints += await faults(page)
    assert complaints == []
    await context.close()


async def test_two_people_get_two_answers_and_sign_out_ends_it(chromium: Browser, pages: Registry) -> None:
    for login, answer in (("bo", "You can use 2 of 3 tools"), ("carl", "use Presto yet.")):
        context = await chromium.new_context()
        page = await context.new_page()
        await sign_in(page, pages, login)
        await page.click("text=Presto")
        assert answer in await page.inner_text("main")
        await page.click("text=Sign out")
        assert "You are signed out of these pages" in await page.inner_text("h1")
        await context.close()


async def test_the_list_can_be_walked_by_keyboard(chromium: Browser, pages: Registry) -> None:
    page = await chromium.new_page()
    await sign_in(page, pages, "ana")
    reached: list[str] = []
    for _ in range(24):
        await page.keyboard.press("Tab")
        reached.append(await page.evaluate("document.activeElement.textContent.trim() || 'table'"))
    assert reached[0] == "Skip to content"
    assert "Presto" in reached
    await page.close()


async def test_words_find_while_they_are_typed_and_the_address_remembers_them(
    chromium: Browser, pages: Registry
) -> None:
    page = await chromium.new_page()
    await sign_in(page, pages, "ana")
    await page.type("#q", "describe")
    await page.wait_for_selector("text=Matches for")
    await page.wait_for_url("**/?q=describe")
    assert "describe_table" in await page.inner_text("#list")
    assert await page.evaluate("document.activeElement.id") == "q"
    await page.reload()
    assert "describe_table" in await page.inner_text("#list")
    await page.close()


async def test_everything_is_found_without_script(chromium: Browser, pages: Registry) -> None:
    context = await chromium.new_context(java_script_enabled=False)
    page = await context.new_page()
    await sign_in(page, pages, "ana")
    await page.fill("#q", "describe")
    await page.click("main button:has-text('Search')")
    await page.click("#list a:has-text('describe_table')")
    assert "/servers/presto?tool=describe_table" in page.url
    await page.click(".tabs a:has-text('Connect')")
    await page.click("label:has-text('Codex')")
    assert await page.is_visible("text=bearer_token_env_var")
    assert not await page.is_visible("text=headersHelper")
    assert await page.locator("[data-copy]:visible").count() == 0
    await context.close()
