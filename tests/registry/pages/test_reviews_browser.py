"""Reviews in a real browser: read by everybody, decided by keyboard alone."""

import os
from pathlib import Path

import pytest
from playwright.async_api import Browser

from registry.reviews.submission import Answers
from tests.registry.pages.test_browser import LONG, chromium, faults, pytestmark, sign_in
from tests.registry.reviews.reviewing import STRANGE
from tests.registry.stage import TOOLS, Registry, registration

__all__ = ["chromium", "pytestmark"]
SHOTS = os.environ.get("SEEDBED_TEST_SHOTS")
"""A folder for pictures of the pages, for whoever wants to look at them."""


async def handed_in(pages: Registry) -> int:
    """A change of one tool and of who may, among names as long as they get."""
    tools = dict(TOOLS["presto"])
    tools["describe_table"] = tools["describe_table"].model_copy(
        update={"description": "Columns and owner of a table."}
    )
    proposes = registration("presto").manifest.proposes.model_copy(update={"business_groups": ("finance", LONG)})
    said = registration("presto", version="1.5.0", tools=tools, proposes=proposes, needs={"engine": {"url": "url"}})
    answers = Answers.model_validate(STRANGE | {"notes": LONG})
    return (await pages.parts.reviews.submit(said, answers, by="olu", links={"security": "https://tickets.test/1"})).id


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_pages_of_reviews_can_be_read_by_everybody(chromium: Browser, pages: Registry, scheme: str) -> None:
    review = await handed_in(pages)
    context = await chromium.new_context(color_scheme="dark" if scheme == "dark" else "light")
    page = await context.new_page()
    await sign_in(page, pages, "sam")
    complaints: list[str] = []
    for path in ("/reviews", f"/reviews/{review}", f"/reviews/{review}/what-if?business_groups=finance"):
        await page.goto(f"{pages.parts.platform.base}{path}")
        for width in (1280, 380):
            await page.set_viewport_size({"width": width, "height": 900})
            complaints += await faults(page)
            if SHOTS:
                name = f"{path.strip('/').partition('?')[0].replace('/', '-')}-{scheme}-{width}.png"
                await page.screenshot(path=Path(SHOTS) / name, full_page=True)
    assert complaints == []
    await context.close()


async def test_a_review_is_granted_by_keyboard(chromium: Browser, pages: Registry) -> None:
    review = await handed_in(pages)
    page = await chromium.new_page()
    await sign_in(page, pages, "sam")
    await page.goto(f"{pages.parts.platform.base}/reviews/{review}")
    await page.focus('button[value="grant"]')
    await page.keyboard.press("Enter")
    await page.wait_for_selector("text=SEC-1, sam")
    assert "Granted" in await page.inner_text("aside")
    await page.close()
