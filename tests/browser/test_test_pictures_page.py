"""The gallery of test pictures in a real browser: filter, open in Compare, come back; on a phone."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.waiting import PATIENCE, rest

pytestmark = pytest.mark.browser


@pytest.fixture
def page(tab: Page, served: str) -> Page:
    tab.goto(f"{served}/test-pictures")
    settle(tab)
    return tab


def settle(page: Page) -> None:
    """Wait until the tiles are there and the script has ended."""
    page.locator(".gv-tile").first.wait_for(timeout=PATIENCE)
    rest(page)


def shown(page: Page, label: str) -> str:
    """What a select box says is chosen."""
    return page.get_by_role("combobox", name=label).input_value()


def test_a_filtered_picture_opens_in_compare_and_the_filter_is_there_on_the_way_back(page: Page) -> None:
    assert shown(page, "Outcome").startswith("only one right · ")
    page.get_by_role("combobox", name="Outcome").click()
    page.get_by_role("option", name="both wrong").click()
    expect(page).to_have_url(re.compile("outcome=neither"), timeout=PATIENCE)
    settle(page)
    count = shown(page, "Outcome").removeprefix("both wrong · ")
    assert shown(page, "Class") == f"all classes · {count}"  # the words follow the other filter
    assert "✓" not in page.locator(".st-key-gv-tiles").inner_text()

    link = page.locator(".st-key-gv-tiles a").first
    number = re.search(r"\d+", link.inner_text()).group()  # type: ignore[union-attr]
    link.click()
    expect(page.get_by_role("heading", level=1, name="Compare")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("✗ wrong").first).to_be_visible(timeout=PATIENCE)
    rest(page)
    assert "source=test" in page.url
    assert page.get_by_role("spinbutton", name="Number in the test set").input_value() == number
    page.get_by_role("link", name="Browse the test pictures").click()
    settle(page)
    assert "outcome=neither" in page.url
    assert shown(page, "Outcome").startswith("both wrong · ")
    assert page.get_by_test_id("stException").count() == 0


@pytest.mark.long
def test_a_page_is_turned_and_its_link_opens_it_again(page: Page) -> None:
    page.get_by_role("button", name="Page 2").click()
    expect(page).to_have_url(re.compile("page=2"), timeout=PATIENCE)
    settle(page)
    first = page.locator(".st-key-gv-tiles a").first.inner_text()
    page.reload()
    settle(page)
    assert page.locator(".st-key-gv-tiles a").first.inner_text() == first


@pytest.mark.long
def test_a_tiles_link_opens_in_a_new_tab(page: Page, served: str) -> None:
    query = page.locator(".st-key-gv-tiles a").first.get_attribute("href")
    assert query is not None
    tab = page.context.new_page()
    tab.goto(f"{served}/test-pictures{query[query.index('?') :]}", timeout=PATIENCE)  # as Streamlit writes it
    expect(tab.get_by_role("heading", level=1, name="Compare")).to_be_visible(timeout=PATIENCE)
    expect(tab.get_by_role("spinbutton", name="Number in the test set")).to_be_visible(timeout=PATIENCE)
    tab.close()


@pytest.mark.long
def test_chosen_words_follow_the_language(page: Page) -> None:
    page.get_by_test_id("stSidebar").get_by_text("简体中文").click()
    expect(page.get_by_role("heading", level=1, name="测试图片")).to_be_visible(timeout=PATIENCE)
    settle(page)
    assert shown(page, "结果").startswith("仅一个正确 · ")
    assert shown(page, "数据集") == "合成场景"


@pytest.mark.long
def test_nothing_sticks_out_on_a_phone(phone: Page, served: str) -> None:
    phone.goto(f"{served}/test-pictures")
    settle(phone)
    phone.wait_for_function(
        "() => ![...document.querySelectorAll('[data-testid=stMain] *')]"
        ".filter(e => e instanceof HTMLElement && e.getBoundingClientRect().right > innerWidth + 1).length",
        timeout=PATIENCE,
    )
    widths = {round(tile.bounding_box()["width"]) for tile in phone.locator(".st-key-gv-tiles img").all()}  # type: ignore[index]
    assert len(widths) == 1
