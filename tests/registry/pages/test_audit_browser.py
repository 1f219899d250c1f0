"""The auditors' pages, one's own calls and a difference at a real browser: light, dark, on a desk, on a phone."""

import os

import pytest
from playwright.async_api import Browser

from tests.registry.pages.test_browser import chromium as chromium
from tests.registry.pages.test_browser import faults, pytestmark, sign_in
from tests.registry.records import entry
from tests.registry.stage import Registry
from tests.registry.test_drift import Live

__all__ = ["chromium", "pytestmark"]
TRACE = "0af7651916cd43dd8448eb211c80319c"
LONG = "a-name-of-one-hundred-and-fifty-letters-" * 4
SHOTS = os.environ.get("SEEDBED_TEST_SHOTS")
"""A folder for pictures of the pages, for whoever wants to look."""


async def something_to_see(pages: Registry) -> None:
    sql = '{"sql": "select ' + "very_long_column, " * 40 + '1"}'
    calls = [entry(1, trace_id=TRACE, body="rows " * 300, arguments=sql), entry("2", tool=LONG[:128], user="tom")]
    ends = [entry(f"end-{n}", outcome=outcome) for n, outcome in enumerate(("tool_error", "waiting", "unknown"))]
    refused = entry("no", allowed=False, outcome="denied", user="tom", rule=f"presto/{LONG}")
    (await pages.platform.post("/api/invocations", json=[*calls, *ends, refused])).raise_for_status()
    live = Live(pages)
    live.changes(description=f"Find tables by {LONG} or by name.\n\nWorst first.")
    live.changes("run_query", as_data=True, change=True)
    await live.seen(2)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_pages_of_audit_can_be_read_by_everybody(chromium: Browser, pages: Registry, scheme: str) -> None:
    await something_to_see(pages)
    places = ["/audit", f"/audit?id={TRACE}", "/audit?id=ana", "/audit?id=nothing", "/audit?act=drift", "/me"]
    found: list[str] = []
    for width in (1280, 380):
        context = await chromium.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})  # type: ignore[arg-type]
        page = await context.new_page()
        await sign_in(page, pages, "tom")
        for number, place in enumerate([*places, "/servers/presto/difference"]):
            await page.goto(f"{pages.parts.platform.base}{place}")
            found += await faults(page)
            if SHOTS:
                await page.screenshot(path=f"{SHOTS}/{number}-{scheme}-{width}.png", full_page=True)
        await context.close()
    assert found == []


async def test_an_answer_is_looked_at_by_keyboard(chromium: Browser, pages: Registry) -> None:
    await something_to_see(pages)
    page = await chromium.new_page()
    await sign_in(page, pages, "tom")
    await page.goto(f"{pages.parts.platform.base}/audit")
    await page.focus("#id")
    await page.keyboard.type(TRACE)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/audit?id=*")
    await page.focus("text=Show what it answered")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/answer")
    assert "rows rows" in await page.inner_text("main")
