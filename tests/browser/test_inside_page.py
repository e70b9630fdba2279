"""The Inside page in a real browser: walked with the keyboard alone, a map and a cell clicked, on a phone."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.waiting import PATIENCE, rest

pytestmark = pytest.mark.browser


@pytest.fixture
def page(tab: Page, served: str) -> Page:
    tab.set_viewport_size({"width": 1280, "height": 1400})
    tab.goto(f"{served}/inside")
    settle(tab)
    return tab


def settle(page: Page) -> None:
    """Until both columns have said how far they are from the network, and the script has ended."""
    expect(page.get_by_text("Recomputed in NumPy")).to_have_count(2, timeout=PATIENCE)
    rest(page)


@pytest.mark.long
def test_the_keyboard_alone_walks_to_the_output_and_back(page: Page) -> None:
    for number in range(2, 16):
        rest(page)  # a button that is drawn anew just now hears no key
        page.keyboard.press("n")
        expect(page.get_by_text(f"Step {number} of 15")).to_be_visible(timeout=PATIENCE)
    expect(page).to_have_url(re.compile("station=output"), timeout=PATIENCE)
    expect(page.get_by_role("button", name=re.compile("^Next|Next"))).to_be_disabled()
    page.keyboard.press("b")
    expect(page).to_have_url(re.compile("station=mask"), timeout=PATIENCE)
    settle(page)
    assert page.get_by_test_id("stException").count() == 0


def test_a_number_is_typed_and_a_click_does_the_same(page: Page) -> None:
    channel = page.get_by_role("spinbutton", name="Channel, 0 to 7")
    channel.fill("5")
    channel.press("Enter")
    expect(page).to_have_url(re.compile("unit=5"), timeout=PATIENCE)
    settle(page)
    mosaic = page.locator(".js-plotly-plot .nsewdrag").first.bounding_box()
    assert mosaic is not None
    page.mouse.click(
        mosaic["x"] + mosaic["width"] * 0.12, mosaic["y"] + mosaic["height"] * 0.5 - mosaic["width"] * 0.38
    )
    expect(page).not_to_have_url(re.compile("unit="), timeout=PATIENCE)  # the first map: what the page begins with
    settle(page)
    assert channel.input_value() == "0"


@pytest.mark.long
def test_a_link_opens_the_same_number(page: Page, served: str) -> None:
    page.goto(f"{served}/inside?station=conv&layer=layer2.0&row=3&column=5&hidden=1")
    settle(page)
    expect(page.get_by_text("hidden unit 1, row 3, column 5")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("row 3, column 5", exact=True)).to_be_visible(timeout=PATIENCE)


@pytest.mark.long
@pytest.mark.parametrize("station", ["squeeze", "conv", "channel"])
def test_nothing_sticks_out_on_a_phone(phone: Page, served: str, station: str) -> None:
    phone.goto(f"{served}/inside?station={station}")
    settle(phone)
    phone.wait_for_function(
        "() => ![...document.querySelectorAll('[data-testid=stMain] *')]"
        ".filter(e => e instanceof HTMLElement && !e.closest('.katex-display > *')"
        " && e.getBoundingClientRect().right > innerWidth + 1).length",  # a long formula scrolls in itself
        timeout=PATIENCE,
    )
