"""A tour walked with the keyboard alone, a link to a stop, presenting, and the way to the glossary and back."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.keys import focused, tab_to
from tests.browser.waiting import PATIENCE, rest

pytestmark = pytest.mark.browser


@pytest.fixture
def page(tab: Page) -> Page:
    return tab


def at_stop(page: Page, number: int) -> None:
    # The browser's own word: Playwright hears of a replaced address late.
    page.wait_for_function(
        f"() => /tour=cbam-vs-gam&stop={number}\\b/.test(location.href)",
        timeout=PATIENCE,
    )
    expect(page.locator(".gv-tour")).to_contain_text(f"stop {number} of 6", timeout=PATIENCE)
    rest(page)
    assert page.get_by_test_id("stException").count() == 0


def frames(page: Page) -> None:
    """What the stop speaks of has a frame and can be seen."""
    page.wait_for_function(
        """() => [...document.querySelectorAll('[class*=st-key-]')].some((part) => {
            const box = part.getBoundingClientRect(), style = getComputedStyle(part);
            return style.outlineStyle === 'solid' && style.outlineOffset === '5px'
                && box.top > 0 && box.top + Math.min(box.height, 200) < innerHeight; })""",
        timeout=PATIENCE,
    )


def test_a_tour_is_walked_with_the_keyboard_alone(page: Page, served: str, thorough: bool) -> None:
    page.goto(f"{served}/tours?lang=en")
    expect(page.get_by_role("heading", level=1, name="Tours")).to_be_visible(timeout=PATIENCE)
    rest(page)
    tab_to(page, "Start")
    page.keyboard.press("Enter")
    last = 6 if thorough else 3
    for number in range(1, last):
        at_stop(page, number)
        if page.locator("[class*=st-key-tour-choice-]").count():  # a question first: the key shows its answer
            page.keyboard.press("ArrowRight")
            expect(page.locator("[class*=st-key-tour-choice-]")).to_have_count(0, timeout=PATIENCE)
            at_stop(page, number)
        frames(page)
        focused(page)
        page.keyboard.press("ArrowRight")
    at_stop(page, last)
    page.keyboard.press("ArrowLeft")
    at_stop(page, last - 1)
    question = page.get_by_role("radiogroup").first  # arrows that belong to a widget are left to it
    question.get_by_role("radio").first.focus()
    page.keyboard.press("ArrowRight")
    rest(page)
    at_stop(page, last - 1)
    page.locator("body").evaluate("() => document.activeElement.blur()")
    tab_to(page, "End")
    page.keyboard.press("Enter")
    expect(page.locator(".gv-tour")).to_have_count(0, timeout=PATIENCE)
    rest(page)
    focused(page)
    expect(page).not_to_have_url(re.compile("tour="), timeout=PATIENCE)
    expect(page).to_have_url(re.compile("/evidence" if thorough else "/inside"), timeout=PATIENCE)  # the page stays


@pytest.mark.long
def test_a_link_opens_its_stop_and_shows_what_it_speaks_of(page: Page, served: str) -> None:
    page.goto(f"{served}/?tour=cbam-vs-gam&stop=3&lang=zh")
    expect(page).to_have_url(re.compile(r"/inside\?.*tour=cbam-vs-gam&stop=3"), timeout=PATIENCE)
    expect(page.locator(".gv-tour")).to_contain_text("第 3 站，共 6 站", timeout=PATIENCE)
    rest(page)
    page.goto(f"{served}/?tour=cbam-vs-gam&stop=4&lang=en")
    at_stop(page, 4)
    expect(page.locator(".st-key-mask-0")).to_be_in_viewport(ratio=0.9, timeout=PATIENCE)
    bar = page.locator(".st-key-tour-bar").bounding_box()
    mask = page.locator(".st-key-mask-0").bounding_box()
    assert bar is not None
    assert mask is not None
    assert 0 <= bar["y"] < 120  # the bar stays in sight
    assert mask["y"] >= bar["y"] + bar["height"]  # and covers nothing of it


@pytest.mark.long
def test_the_browsers_back_leads_to_the_stop_before(page: Page, served: str) -> None:
    page.goto(f"{served}/?tour=cbam-vs-gam&stop=4&lang=en")
    at_stop(page, 4)
    page.keyboard.press("ArrowRight")
    at_stop(page, 5)
    page.go_back()
    at_stop(page, 4)
    expect(page).to_have_url(re.compile(rf"^{re.escape(served)}/\?"), timeout=PATIENCE)
    expect(page.get_by_role("heading", level=1, name="Compare")).to_be_visible()


@pytest.mark.long
def test_presenting_hides_the_rest_and_a_presenters_keys_turn_the_stops(page: Page, served: str) -> None:
    page.goto(f"{served}/?tour=cbam-vs-gam&stop=1&lang=en")
    at_stop(page, 1)
    expect(page.get_by_test_id("stSidebar")).to_be_visible()
    tab_to(page, "Present")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("stSidebar")).to_be_hidden(timeout=PATIENCE)
    expect(page.get_by_test_id("stHeader")).to_be_hidden()
    expect(page.locator(".st-key-gv-masthead")).to_be_hidden()
    expect(page).to_have_url(re.compile("present=1"), timeout=PATIENCE)
    expect(page.get_by_test_id("stMain").get_by_text("F11 makes the browser full-screen")).to_be_visible()
    rest(page)
    page.keyboard.press("PageDown")
    at_stop(page, 2)
    expect(page.get_by_test_id("stSidebar")).to_be_hidden()
    page.keyboard.press("PageUp")
    at_stop(page, 1)
    page.get_by_role("button", name="Stop presenting").click()
    expect(page.get_by_test_id("stSidebar")).to_be_visible(timeout=PATIENCE)
    expect(page).not_to_have_url(re.compile("present="), timeout=PATIENCE)


@pytest.mark.long
@pytest.mark.parametrize("address", ["", "evidence"])
def test_a_term_opens_in_the_glossary_beside_the_tour(page: Page, served: str, address: str) -> None:
    page.goto(f"{served}/{address}?lang=zh")
    link = page.locator('[data-testid="stMain"] a[href^="glossary?term="]').first
    link.wait_for(timeout=PATIENCE)
    rest(page)
    assert (link.get_attribute("title") or "").endswith("。")
    with page.context.expect_page() as opening:
        link.click()
    opened = opening.value
    expect(opened).to_have_url(re.compile(rf"^{re.escape(served)}/glossary\?term="), timeout=PATIENCE)
    asked = opened.locator(".st-key-gv-asked")
    expect(asked).to_be_visible(timeout=PATIENCE)
    expect(opened.get_by_role("heading", level=1, name="术语")).to_be_visible()
    assert (link.get_attribute("title") or "?") in asked.inner_text()
    opened.close()


def sticks_out(page: Page) -> list[str]:
    """What reaches beyond the screen and is not inside of something that scrolls."""
    return page.evaluate(
        """() => [...document.querySelectorAll('[data-testid=stMain] *')]
        .filter(e => e instanceof HTMLElement && e.getBoundingClientRect().right > innerWidth + 1)
        .filter(e => { for (let p = e.parentElement; p && p.dataset.testid !== 'stMain'; p = p.parentElement)
            if (['auto', 'scroll', 'hidden'].includes(getComputedStyle(p).overflowX)) return false;
            return true; })
        .map(e => e.tagName + '.' + e.className)"""
    )


@pytest.mark.long
@pytest.mark.parametrize(
    "address", ["tours?", "glossary?term=gam&", "?tour=cbam-vs-gam&stop=1&", "?tour=true-map&stop=3&present=1&"]
)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_nothing_sticks_out_on_a_phone(page: Page, served: str, address: str, language: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{served}/{address}lang={language}")
    page.get_by_test_id("stHeading").first.wait_for(timeout=PATIENCE)
    rest(page)
    assert sticks_out(page) == []
