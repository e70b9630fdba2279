"""The Compare page in a real browser: upload, window, box, click on a cell, language, phone."""

import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, TimeoutError, expect

from tests.app.shared.test_rendering import CINE
from tests.browser.waiting import PATIENCE, addressed, rest
from tests.browser.waiting import compare_settles as settle

pytestmark = pytest.mark.browser


@pytest.fixture
def page(tab: Page, served: str) -> Page:
    tab.goto(served)
    settle(tab)
    return tab


@pytest.fixture
def ramp(tmp_path: Path) -> Path:
    """A grey picture of 16 bits: from 1000 at the top to 5000."""
    path = tmp_path / "ramp.png"
    Image.fromarray(np.linspace(1000, 5000, 64 * 64).reshape(64, 64).astype("uint16")).save(path)
    return path


@pytest.mark.long
def test_the_first_view_shows_both_networks_and_no_error(page: Page) -> None:
    text = page.get_by_test_id("stMain").inner_text()
    assert "CBAM" in text
    assert "of the weights are negative" in text
    assert page.get_by_test_id("stException").count() == 0
    assert page.locator(".gv-map").count() >= 10


def test_the_answer_is_in_the_first_screen_and_fetches_no_chart_library(tab: Page, served: str) -> None:
    """At 1280 x 900 without scrolling; on a telephone the networks stand beside each other on a short page."""
    tab.goto(served)
    settle(tab)
    parts = (".st-key-lead", ".st-key-doors", ".st-key-stepper-layer", ".gv-picture", ".st-key-mask-0 > :first-child")
    for part in (*parts, ".st-key-mask-1 > :first-child", ".st-key-tests"):
        expect(tab.locator(part).first).to_be_in_viewport(ratio=0.99, timeout=PATIENCE)
    assert tab.get_by_test_id("stPlotlyChart").count() == 0
    fetched = tab.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert not [name for name in fetched if "Plotly" in name]
    tab.set_viewport_size({"width": 390, "height": 844})
    expect(tab.get_by_test_id("stExpandSidebarButton")).to_be_visible(timeout=PATIENCE)
    tab.wait_for_function("() => document.querySelector('[data-testid=stMain]').scrollHeight <= 2500", timeout=PATIENCE)
    left, right = (tab.locator(f".st-key-mask-{number} .gv-map").first.bounding_box() for number in (0, 1))
    assert left is not None
    assert right is not None
    assert abs(left["y"] - right["y"]) < 2
    assert left["x"] + left["width"] < right["x"]


def test_a_picture_is_uploaded_its_window_moved_and_a_box_drawn(tab: Page, served: str, ramp: Path) -> None:
    """One walk: each step draws the whole page, which is what costs."""
    page = tab
    page.goto(f"{served}/?region=box")
    settle(page)
    before, masks = page.get_by_test_id("stMain").inner_text(), drawn(page, "mask-")
    page.locator('[data-testid="stSidebar"] input[type="file"]').first.set_input_files(ramp)
    expect(page.get_by_text("No known label")).to_be_visible(timeout=PATIENCE)
    settle(page)
    after = page.get_by_test_id("stMain").inner_text()
    for name in ("CBAM, r = 2", "GAM"):
        line = re.compile(rf"^{name}, layer3\.1:.*$", re.MULTILINE)
        assert line.search(before)
        assert line.search(after)
        assert line.search(before).group() != line.search(after).group()  # type: ignore[union-attr]
    expect(page.locator('[class*="st-key-mask-"]')).to_have_count(2, timeout=PATIENCE)
    changed = drawn(page, "mask-")
    assert len(masks) == len(changed) == 2
    assert all(old != new for old, new in zip(masks, changed, strict=True))
    a_window_is_moved(page)
    a_box_is_drawn(page)


def a_window_is_moved(page: Page) -> None:
    before, said = rows_seen(page), page.locator(".gv-answer").all_inner_texts()
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
    after = rows_seen(page)
    assert after[len(after) * 3 // 4] > 250  # 4000 is beyond white now
    assert after[len(after) // 4] < before[len(before) // 2] + 20
    assert page.locator(".gv-answer").all_inner_texts() != said


def a_box_is_drawn(page: Page) -> None:
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


def test_a_bar_opens_its_channel_which_a_link_and_the_keyboard_do_too(tab: Page, served: str) -> None:
    tab.goto(f"{served}/?layer=layer2.0")
    settle(tab)
    bars = tab.locator(".st-key-bars-1 .gv-bars")
    bars.scroll_into_view_if_needed()
    box = bars.bounding_box()
    assert box is not None
    bars.click(position={"x": 1, "y": box["height"] / 2})  # the first: the largest weight of the second network
    addressed(tab, "channel-of=scenes-gam")
    rest(tab)
    number = tab.locator(".st-key-channel-choice").get_by_role("spinbutton")
    here = number.input_value()
    bars.click(position={"x": 0.9 * box["width"], "y": box["height"] / 2})
    addressed(tab, f"channel={here}(&|$)", gone=True)
    rest(tab)
    number.fill(here)
    number.press("Enter")
    addressed(tab, f"channel={here}(&|$)")
    rest(tab)
    tab.reload()
    settle(tab)
    expect(number).to_have_value(here)
    summary = tab.locator(".st-key-channel-fold summary")
    summary.press("Enter")
    addressed(tab, "channel=", gone=True)
    assert tab.get_by_test_id("stException").count() == 0


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
    page.get_by_text("Weights at another position").click()
    here = page.get_by_text("At row 0, column 0")
    # On a busy machine the page may still be moving when the place to click is measured: measured anew for each try.
    for _ in range(6):
        picker = page.get_by_role("application")
        picker.scroll_into_view_if_needed()
        box = picker.bounding_box()
        assert box is not None
        page.mouse.click(box["x"] + box["width"] / 16, box["y"] + box["height"] / 16)  # at the top left of 8 x 8
        try:
            here.wait_for(timeout=15_000)
            break
        except TimeoutError:
            continue
    expect(here).to_be_visible()
    assert page.get_by_role("spinbutton", name="Row").input_value() == "0"
    page.get_by_role("application").press("ArrowDown")
    expect(page.get_by_text("At row 1, column 0")).to_be_visible(timeout=PATIENCE)


@pytest.mark.long
def test_the_language_can_be_switched_and_back(page: Page) -> None:
    page.get_by_test_id("stSidebar").get_by_text("简体中文").click()
    expect(page.get_by_role("heading", level=1, name="对比")).to_be_visible(timeout=PATIENCE)
    settle(page)
    assert "lang=zh" in page.url
    expect(page.get_by_text("的权重为负").first).to_be_visible(timeout=PATIENCE)
    assert page.get_by_test_id("stException").count() == 0
    page.get_by_test_id("stSidebar").get_by_text("English").click()
    expect(page.get_by_role("heading", level=1, name="Compare")).to_be_visible(timeout=PATIENCE)
    settle(page)
    assert page.get_by_test_id("stException").count() == 0


@pytest.mark.long
def test_a_figure_can_be_taken_home(page: Page, tmp_path: Path) -> None:
    with page.expect_download() as download:
        page.get_by_role("button", name="Figure for slides (PNG)").click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    with Image.open(path) as figure:
        assert figure.format == "PNG"
        assert figure.height > 1000
    assert path.name.endswith("_layer3.1.png")
    with page.expect_download() as download:
        page.get_by_role("button", name="Arrays, NPZ").click()
    download.value.save_as(tmp_path / "arrays.npz")
    with np.load(tmp_path / "arrays.npz", allow_pickle=False) as arrays:
        assert "scenes-gam/gate/layer3.1.attention.spatial_gate" in arrays
        assert "scenes-cbam/attribution/gradcam" in arrays


@pytest.mark.long
@pytest.mark.parametrize("uploaded", [False, True])
def test_nothing_sticks_out_on_a_phone(phone: Page, served: str, ramp: Path, uploaded: bool) -> None:
    phone.goto(f"{served}/?source=upload" if uploaded else served)
    if uploaded:
        phone.get_by_test_id("stExpandSidebarButton").click()
        phone.locator('[data-testid="stSidebar"] input[type="file"]').first.set_input_files(ramp)
        expect(phone.get_by_role("slider").first).to_be_attached(timeout=PATIENCE)
        phone.get_by_test_id("stSidebarCollapseButton").locator("button").click()
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


def drawn(page: Page, key: str) -> list[bytes]:
    return [chart.screenshot() for chart in charts(page, key)]


def rows_seen(page: Page) -> np.ndarray:
    """Mean brightness of each row of what the networks saw, as the browser shows it."""
    shown = page.locator('img[alt*="as the networks saw it"]').first
    shown.scroll_into_view_if_needed()
    with Image.open(io.BytesIO(shown.screenshot())) as image:
        return np.asarray(image.convert("L"), np.float64)[:, 8:-8].mean(axis=1)


def test_the_arrow_keys_step_through_a_files_pictures_and_change_nothing_else(tab: Page, served: str) -> None:
    tab.goto(f"{served}/?source=upload&methods=saliency&target=house&layer=layer2.0")
    upload = tab.locator('[data-testid="stSidebar"] input[type="file"]').first
    upload.set_input_files([{"name": "cine.dcm", "mimeType": "", "buffer": CINE}])
    settle(tab)
    step = tab.get_by_role("slider", name="Picture, 1 to 5")
    expect(step).to_have_value("1")
    before = tab.url
    step.focus()
    for number in (1, 2):  # the slider keeps the focus
        tab.keyboard.press("ArrowRight")
        expect(tab).to_have_url(re.compile(f"look=f{number}"), timeout=PATIENCE)
        settle(tab)
    expect(step).to_have_value("3")
    assert tab.get_by_test_id("stException").count() == 0
    for chosen in ("methods=saliency", "target=house", "layer=layer2.0"):
        assert chosen in before
        assert chosen in tab.url
