"""A person at a real browser before a question: can read it everywhere, and the Enter key does the harmless thing."""

from typing import Any

import pytest
from playwright.async_api import Browser, Page

from tests.registry.pages.asking import Asked, ask
from tests.registry.pages.test_browser import LONG, chromium, faults, pytestmark, sign_in
from tests.registry.stage import PATIENCE, Registry
from tests.servers.garden.beds import garden

__all__ = ["chromium", "pytestmark"]


async def opened(page: Page, asked: Asked) -> None:
    """Follow the link, be led to the sign-in, and come back to the question."""
    page.set_default_timeout(PATIENCE * 1000)
    await page.goto(f"{asked.registry.parts.platform.base}{asked.path}")
    await page.check('input[value="ana"]')
    await page.click('button[value="yes"]')
    await page.wait_for_url(f"**{asked.path}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_question_can_be_read_by_everybody(chromium: Browser, pages: Registry, scheme: Any) -> None:
    context = await chromium.new_context(color_scheme=scheme)
    page = await context.new_page()
    await sign_in(page, pages, "ana")
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
    for arguments in ({}, {"bed": LONG[:40], "plants": 999}, {"bed": "w" * 40, "plants": 1}):
        asked = await ask(pages, **arguments)
        await page.goto(f"{pages.parts.platform.base}{asked.path}")
        for width in (1280, 380, 320):
            await page.set_viewport_size({"width": width, "height": 900})
            complaints += await faults(page)
    assert complaints == []
    await context.close()


async def test_the_link_leads_by_the_sign_in_to_the_question_and_a_click_answers(
    chromium: Browser, pages: Registry
) -> None:
    asked = await ask(pages)
    page = await chromium.new_page()
    await opened(page, asked)
    assert await page.inner_text("h1") == "Pull up 3 plants of roses?"
    await page.click("text=Let pull_up run once")
    await page.wait_for_selector("text=Approved, not used yet")
    assert not (await asked.call()).is_error
    await page.reload()
    assert await page.inner_text(".badge") == "Ran"
    await page.close()


async def test_the_enter_key_runs_nothing(chromium: Browser, pages: Registry) -> None:
    asked = await ask(pages)
    page = await chromium.new_page()
    await opened(page, asked)
    focused = await page.evaluate("document.activeElement.textContent")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("text=Declined. Nothing ran.")
    assert focused == "Decline, run nothing"
    assert (await asked.found()).state == "declined"
    assert garden.work == []
    await page.close()
