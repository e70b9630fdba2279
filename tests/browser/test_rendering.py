"""A window is moved, by pointer and by keyboard, and what the networks see changes; on a phone too."""

import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, TimeoutError, expect

from tests.browser.waiting import PATIENCE, compare_settles, rest

pytestmark = pytest.mark.browser


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A grey picture of 16 bits: a ramp from 1000 to 5000."""
    path = tmp_path / "ramp.png"
    Image.fromarray(np.linspace(1000, 5000, 64 * 64).reshape(64, 64).astype("uint16")).save(path)
    return path


def opened(page: Page, served: str, file: Path, width: int) -> Page:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{served}/?source=upload")
    if width < 640:
        page.get_by_test_id("stExpandSidebarButton").click()
    page.locator('[data-testid="stSidebar"] input[type="file"]').first.set_input_files(file)
    expect(page.get_by_role("slider").first).to_be_attached(timeout=PATIENCE)
    if width < 640:
        page.get_by_test_id("stSidebarCollapseButton").locator("button").click()
    compare_settles(page)
    return page


def seen(page: Page) -> np.ndarray:
    """Mean brightness of each row of what the networks saw, as the browser shows it."""
    shown = page.locator('img[alt*="as the networks saw it"]').first
    shown.scroll_into_view_if_needed()
    with Image.open(io.BytesIO(shown.screenshot())) as image:
        return np.asarray(image.convert("L"), np.float64)[:, 8:-8].mean(axis=1)


def predictions(page: Page) -> list[str]:
    found = page.locator('[class*="st-key-prediction-"]').all()
    return [chart.screenshot().hex() for chart in found]


def test_a_window_moved_changes_what_the_networks_see(tab: Page, served: str, file: Path) -> None:
    page = opened(tab, served, file, 1280)
    before, said = seen(page), predictions(page)
    assert before[4] < 40  # black at the top, where values are small
    assert before[-5] > 215
    page.get_by_role("slider").first.press("ArrowRight")  # black: one step of 50
    expect(page).to_have_url(re.compile("look=w3025_3950"), timeout=PATIENCE)
    rest(page)
    # On a busy machine the page may still be told its numbers while one is typed: typed anew for each try.
    for _ in range(4):
        white = page.get_by_role("spinbutton", name="White")
        white.fill("3000")
        white.press("Enter")
        try:
            page.wait_for_url(re.compile("look=w2025_1950"), timeout=20_000, wait_until="commit")
            break
        except TimeoutError:
            continue
    expect(page).to_have_url(re.compile("look=w2025_1950"), timeout=PATIENCE)
    rest(page)
    after = seen(page)
    assert after[len(after) * 3 // 4] > 250  # 4000 is beyond white now
    assert after[len(after) // 4] < before[len(before) // 2] + 20
    assert predictions(page) != said
    page.get_by_role("button", name="Back to the file's own").click()
    expect(page).not_to_have_url(re.compile("look="), timeout=PATIENCE)
    rest(page)
    assert np.abs(seen(page) - before).max() < 2


@pytest.mark.long
def test_nothing_sticks_out_on_a_phone(tab: Page, served: str, file: Path) -> None:
    page = opened(tab, served, file, 390)
    page.wait_for_function(
        "() => ![...document.querySelectorAll('[data-testid=stMain] *')]"
        ".filter(e => e instanceof HTMLElement && e.getBoundingClientRect().right > innerWidth + 1)"
        ".some(e => !e.closest('[data-testid=stButtonGroup]'))",
        timeout=PATIENCE,
    )
