"""A box drawn with the pointer measures what lies in it."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.waiting import PATIENCE, compare_settles, rest

pytestmark = pytest.mark.browser


def test_a_box_is_drawn_on_the_picture(tab: Page, served: str) -> None:
    page = tab
    page.goto(f"{served}/?region=box")
    compare_settles(page)
    expect(page.get_by_text("The region covers 25.0% of the picture")).to_be_visible(timeout=PATIENCE)
    picture = page.locator('[class*="st-key-box-picker"] .nsewdrag').first
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    assert box is not None
    side, left, top = min(box["width"], box["height"]), box["x"], box["y"]
    left += (box["width"] - side) / 2
    top += (box["height"] - side) / 2
    page.mouse.move(left + 0.1 * side, top + 0.2 * side)
    page.mouse.down()
    page.mouse.move(left + 0.3 * side, top + 0.5 * side, steps=5)
    page.mouse.move(left + 0.6 * side, top + 0.9 * side, steps=5)
    page.mouse.up()
    rest(page)
    expect(page).to_have_url(re.compile("box-left="), timeout=PATIENCE)
    numbers = {
        edge: int(page.locator(f".st-key-box-{edge} input").input_value())
        for edge in ("left", "top", "right", "bottom")
    }
    for edge, expected in {"left": 10, "top": 20, "right": 60, "bottom": 90}.items():
        assert abs(numbers[edge] - expected) <= 3, numbers
    area = (numbers["right"] - numbers["left"]) * (numbers["bottom"] - numbers["top"]) / 100
    expect(page.get_by_text(f"The region covers {area:.1f}% of the picture")).to_be_visible(timeout=PATIENCE)
