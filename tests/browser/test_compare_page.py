"""The Compare page in a real browser: first view, upload, click on a cell, language, phone."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, TimeoutError, expect

from tests.browser.waiting import PATIENCE
from tests.browser.waiting import compare_settles as settle

pytestmark = pytest.mark.browser


@pytest.fixture
def page(tab: Page, served: str) -> Page:
    tab.goto(served)
    settle(tab)
    return tab


@pytest.mark.long
def test_the_first_view_shows_both_networks_and_no_error(page: Page) -> None:
    text = page.get_by_test_id("stMain").inner_text()
    assert "CBAM" in text
    assert "of the weights are negative" in text
    assert page.get_by_test_id("stException").count() == 0
    assert page.get_by_test_id("stPlotlyChart").count() >= 10


def test_an_upload_changes_both_networks_maps(page: Page, tmp_path: Path) -> None:
    before = page.get_by_test_id("stMain").inner_text()
    masks = [locator.screenshot() for locator in charts(page, "mask-")]
    pixels = np.zeros((60, 80, 3), np.uint8)
    pixels[20:40, 30:60] = (230, 40, 40)
    file = tmp_path / "red.png"
    Image.fromarray(pixels).save(file)
    page.locator('input[type="file"]').set_input_files(file)
    expect(page.get_by_text("No known label")).to_be_visible(timeout=PATIENCE)
    settle(page)
    after = page.get_by_test_id("stMain").inner_text()
    for name in ("CBAM, r = 2", "GAM"):
        line = re.compile(rf"^{name}, layer 3\.2:.*$", re.MULTILINE)
        assert line.search(before)
        assert line.search(after)
        assert line.search(before).group() != line.search(after).group()  # type: ignore[union-attr]
    expect(page.locator('[class*="st-key-mask-"]')).to_have_count(2, timeout=PATIENCE)
    changed = [locator.screenshot() for locator in charts(page, "mask-")]
    assert len(masks) == len(changed) == 2
    assert all(old != new for old, new in zip(masks, changed, strict=True))


@pytest.mark.long
def test_a_bad_upload_is_one_sentence(page: Page, tmp_path: Path) -> None:
    file = tmp_path / "text.jpg"
    file.write_text("not a picture")
    page.locator('input[type="file"]').set_input_files(file)
    alert = page.get_by_test_id("stSidebar").get_by_role("alert").first
    expect(alert).to_contain_text("not a known picture format", timeout=PATIENCE)
    assert page.get_by_test_id("stException").count() == 0


@pytest.mark.long
def test_a_click_on_the_picture_picks_a_cell(page: Page) -> None:
    here = page.get_by_text("At row 0, column 0")
    # On a busy machine the page may still be moving when the place to click is measured: measured anew for each try.
    for _ in range(6):
        picker = charts(page, "picker-")[0]
        picker.scroll_into_view_if_needed()
        box = picker.bounding_box()
        assert box is not None
        left = box["x"] + (box["width"] - min(box["width"], 170)) / 2
        page.mouse.click(left + 170 / 16, box["y"] + 170 / 16)  # the cell at the top left of 8 x 8
        try:
            here.wait_for(timeout=15_000)
            break
        except TimeoutError:
            continue
    expect(here).to_be_visible()
    assert page.get_by_role("spinbutton", name="Row").input_value() == "0"


@pytest.mark.long
def test_the_language_can_be_switched_and_back(page: Page) -> None:
    page.get_by_test_id("stSidebar").get_by_text("简体中文").click()
    expect(page.get_by_role("heading", name="CBAM 和 GAM 在看哪里？")).to_be_visible(timeout=PATIENCE)
    settle(page)
    assert "lang=zh" in page.url
    expect(page.get_by_text("的权重为负").first).to_be_visible(timeout=PATIENCE)
    assert page.get_by_test_id("stException").count() == 0
    page.get_by_test_id("stSidebar").get_by_text("English").click()
    expect(page.get_by_role("heading", name="Where do CBAM and GAM look?")).to_be_visible(timeout=PATIENCE)
    settle(page)
    assert page.get_by_test_id("stException").count() == 0


@pytest.mark.long
def test_a_figure_can_be_taken_home(page: Page, tmp_path: Path) -> None:
    with page.expect_download() as download:
        page.get_by_role("button", name="Figure, PNG").click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    with Image.open(path) as figure:
        assert figure.format == "PNG"
        assert figure.height > 1000
    with page.expect_download() as download:
        page.get_by_role("button", name="Arrays, NPZ").click()
    download.value.save_as(tmp_path / "arrays.npz")
    with np.load(tmp_path / "arrays.npz", allow_pickle=False) as arrays:
        assert "scenes-gam/gate/layer3.1.attention.spatial_gate" in arrays
        assert "scenes-cbam/attribution/gradcam" in arrays


@pytest.mark.long
def test_nothing_sticks_out_on_a_phone(phone: Page, served: str) -> None:
    phone.goto(served)
    settle(phone)
    # What a chart draws beyond its own frame is cut off there, hence elements of HTML alone.
    phone.wait_for_function(
        "() => ![...document.querySelectorAll('[data-testid=stMain] *')]"
        ".filter(e => e instanceof HTMLElement && e.getBoundingClientRect().right > innerWidth + 1)"
        ".some(e => !e.closest('[data-testid=stButtonGroup]'))",
        timeout=PATIENCE,
    )


def charts(page: Page, key: str) -> list:  # type: ignore[type-arg]
    """The charts whose key begins so, which Streamlit writes as a class name."""
    return page.locator(f'[class*="st-key-{key}"]').all()
