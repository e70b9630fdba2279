"""What only a browser has: the tab's name, the page's language, which link is the page's own, and the focus."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.waiting import PATIENCE, rest

pytestmark = pytest.mark.browser


def test_tab_language_and_focus_follow_the_page(tab: Page, served: str) -> None:
    tab.goto(f"{served}/glossary?lang=zh")
    rest(tab)
    expect(tab).to_have_title("术语 · GAM-Viz")
    expect(tab.locator("html")).to_have_attribute("lang", "zh-Hans")
    expect(tab.locator("h1")).to_have_count(1)
    expect(tab.get_by_role("link", name="术语", exact=True)).to_have_attribute("aria-current", "page")
    tab.get_by_role("link", name="导览", exact=True).click()
    heading = tab.get_by_role("heading", level=1, name="导览")
    expect(heading).to_be_focused(timeout=PATIENCE)
    expect(tab).to_have_title("导览 · GAM-Viz")
    expect(tab.locator('[aria-current="page"]:visible')).to_have_text("导览")
    tab.get_by_text("EN", exact=True).click()
    expect(tab.locator("html")).to_have_attribute("lang", "en", timeout=PATIENCE)
    tab.set_viewport_size({"width": 390, "height": 800})
    tab.get_by_text("Menu: Tours").click()
    tab.get_by_role("link", name="Glossary", exact=True).click()
    expect(tab.get_by_role("heading", level=1, name="Glossary")).to_be_focused(timeout=PATIENCE)
    tab.set_viewport_size({"width": 1280, "height": 900})
