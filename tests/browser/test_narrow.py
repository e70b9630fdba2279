"""A narrow screen, and a wide one at 200%: nothing scrolls sideways but tables, and steps that have buttons, too."""

import pytest
from playwright.sync_api import Page

from tests.browser.test_axe import PAGES
from tests.browser.waiting import PATIENCE, rest

pytestmark = pytest.mark.browser
#: What sticks out of the page, or scrolls sideways in itself without being a table.
WIDE = """() => {
    const main = document.querySelector('[data-testid=stMain]'), found = [];
    if (main.scrollWidth > main.clientWidth + 1) found.push('the page');
    for (const e of main.querySelectorAll('*')) {
        if (!(e instanceof HTMLElement) || !e.checkVisibility()) continue;
        if (e.closest('[data-testid=stDataFrame], [data-testid=stTable], [class*=st-key-stepper-], .katex-mathml'))
            continue;
        const scrolls = ['auto', 'scroll'].includes(getComputedStyle(e).overflowX);
        const out = e.getBoundingClientRect().right > innerWidth + 1;
        if (out || scrolls && e.scrollWidth > e.clientWidth + 1) found.push(e.outerHTML.slice(0, 160));
    }
    return found;
}"""


def too_wide(page: Page, served: str, address: str, width: int) -> list[str]:
    page.set_viewport_size({"width": width, "height": 700})
    page.goto(f"{served}/{address}", timeout=PATIENCE)
    page.get_by_role("heading", level=1).wait_for(timeout=PATIENCE)
    rest(page)
    found: list[str] = page.evaluate(WIDE)
    return found


@pytest.mark.parametrize("address", ["?lang=zh", "networks"])
def test_nothing_scrolls_sideways_at_320(tab: Page, served: str, address: str) -> None:
    assert not too_wide(tab, served, address, 320)


@pytest.mark.long
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [320, 640])
def test_no_page_scrolls_sideways(tab: Page, served: str, width: int, language: str) -> None:
    wide = {name: too_wide(tab, served, f"{name}?lang={language}", width) for name in PAGES}
    assert not {name: found for name, found in wide.items() if found}


def test_the_measure_itself(tab: Page) -> None:
    tab.set_viewport_size({"width": 320, "height": 700})
    tab.set_content(
        '<main data-testid="stMain"><p style="width: 400px">a</p>'
        '<div style="overflow: auto"><p style="width: 300px">b</p></div>'
        '<div data-testid="stTable" style="overflow: auto"><p style="width: 900px">c</p></div></main>'
    )
    assert [each[:3] for each in tab.evaluate(WIDE)] == ["the", "<p "]
