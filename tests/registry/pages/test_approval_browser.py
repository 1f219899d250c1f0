"""A person at a real browser before a question: can read it everywhere, and the Enter key does the harmless thing."""

from dataclasses import replace
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from registry.pages.inbox import KINDS
from registry.store import notices
from registry.store.notices import Audience
from tests.platform_core.visits import fields_of
from tests.registry.pages.asking import Asked, ask
from tests.registry.pages.test_browser import LONG, chromium, faults, pytestmark, sign_in
from tests.registry.stage import PATIENCE, Registry
from tests.servers.garden.beds import garden

BATCH = "/approvals/batches/dev/garden"
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


async def propose(pages: Registry, *plants: int) -> list[Asked]:
    """Several questions of the garden to ana."""
    first = await ask(pages, bed="roses", plants=plants[0])
    others = [await first.call(bed="w" * 40, plants=number) for number in plants[1:]]
    return [first, *(replace(first, id=fields_of(one)["approval"]) for one in others)]


async def tell(pages: Registry) -> None:
    """Something of every kind for ana, with words that are long."""
    async with pages.parts.database.writing() as connection:
        for kind in KINDS:
            await notices.post(
                connection, kind=kind, to=Audience("group", "finance"), about=LONG, text=f"{LONG} {LONG}", link="/",
                now=pages.parts.clock(),
            )  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_what_waits_can_be_read_by_everybody(chromium: Browser, pages: Registry, scheme: Any) -> None:
    context = await chromium.new_context(color_scheme=scheme)
    page = await context.new_page()
    await sign_in(page, pages, "ana")
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
    page.on("pageerror", lambda fault: complaints.append(str(fault)))
    for path in ("/approvals", "/inbox"):
        complaints += await read(page, pages, path)
    await propose(pages, 1, 2, 3)
    await tell(pages)
    for path in ("/approvals", BATCH, "/approvals?allowed=2&declined=1", "/inbox", "/inbox?aside=1"):
        complaints += await read(page, pages, path)
    assert complaints == []
    await context.close()


async def read(page: Page, pages: Registry, path: str) -> list[str]:
    """What is wrong with a page, on a desk and on phones."""
    await page.goto(f"{pages.parts.platform.base}{path}")
    await page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    wrong: list[str] = []
    for width in (1280, 380, 320):
        await page.set_viewport_size({"width": width, "height": 900})
        wrong += await faults(page)
    return wrong


async def test_a_batch_is_answered_by_keyboard_and_the_enter_key_runs_nothing(
    chromium: Browser, pages: Registry
) -> None:
    asked = await propose(pages, 1, 2)
    page = await chromium.new_page()
    await sign_in(page, pages, "ana")
    await page.goto(f"{pages.parts.platform.base}{BATCH}")
    assert await page.evaluate("document.activeElement.textContent") == "Decline all 2"
    await page.focus(f'input[name="p-{asked[0].id}"][value="decline"]')
    await page.keyboard.press("ArrowRight")
    assert await page.is_checked(f'input[name="p-{asked[0].id}"][value="grant"]')
    await page.keyboard.press("Enter")
    await page.wait_for_selector("text=0 allowed, 2 declined.")
    assert [(await one.found()).state for one in asked] == ["declined", "declined"]
    await page.close()


async def test_an_open_page_changes_by_itself_and_keeps_what_was_chosen(chromium: Browser, pages: Registry) -> None:
    asked = await propose(pages, 1, 2)
    page, other = await chromium.new_page(), await chromium.new_page()
    await sign_in(page, pages, "ana")
    await page.goto(f"{pages.parts.platform.base}{BATCH}")
    mine = f'input[name="p-{asked[1].id}"][value="grant"]'
    await page.check(mine)
    await opened(other, asked[0])
    await other.click("text=Decline, run nothing")
    await page.wait_for_selector("h1:has-text('1 proposal for Garden')")
    assert await page.is_checked(mine)
    assert await page.evaluate("document.activeElement.value") == "grant"
    await page.click("text=Run those marked, decline the rest")
    await page.wait_for_selector("text=1 allowed, 0 declined.")
    await page.wait_for_selector("text=Approved, not used yet")
    await asked[1].call(bed="w" * 40, plants=2)
    await page.wait_for_selector(".mark:text-is('Ran')")
    await page.close()
    await other.close()


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
