"""Text on every page reads well, on a light and on a dark page."""

import pytest
from playwright.sync_api import Browser

from tests.browser.charts import too_faint_in_charts
from tests.browser.contrast import too_faint
from tests.browser.waiting import PATIENCE, rest

pytestmark = pytest.mark.browser
PAGES = ("", "inside", "inside?inside=pixel", "evidence", "tours", "claims", "glossary", "networks", "design")


@pytest.mark.long
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_is_that_of_aa(browser: Browser, served: str, scheme: str) -> None:
    faint = {}
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme=scheme, locale="en-GB")  # type: ignore[arg-type]
    for address in PAGES:
        page = context.new_page()
        page.goto(f"{served}/{address}", timeout=PATIENCE)
        page.get_by_test_id("stHeading").first.wait_for(timeout=PATIENCE)
        rest(page)
        for _ in range(10):  # styles may arrive after the words that they are for
            if not (found := [*too_faint(page), *too_faint_in_charts(page)[0]]):
                break
            page.wait_for_timeout(1000)
        if found:
            faint[address] = found
        page.close()
    context.close()
    assert not faint


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.long)])
def test_charts_of_evidence_read_well(browser: Browser, served: str, scheme: str) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 1800}, color_scheme=scheme, locale="en-GB")  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{served}/evidence", timeout=PATIENCE)
    page.locator(".stPlotlyChart .xtick").first.wait_for(timeout=PATIENCE)
    rest(page)
    found, seen = too_faint_in_charts(page)
    context.close()
    assert seen > 20
    assert not found


def test_the_measure_of_charts_itself(browser: Browser) -> None:
    """Streamlit's own grey for ticks, and GAM's orange of 0.4 as a ring, are found; what reads is not."""
    page = browser.new_page()
    page.set_content(
        '<body style="background:#fff"><div class="stPlotlyChart"><svg><text y="20" fill="#808495">80%</text>'
        '<text y="40" fill="#31333f">90%</text><g class="scatterlayer"><g class="points">'
        '<path d="M0,0h9v9h-9z" style="fill:none;stroke:#e69f00;stroke-width:2px"/>'
        '<path d="M0,0h9v9h-9z" style="fill:#c77700;opacity:1"/><path d="M0,0h9v9" style="fill:#fff;opacity:.01"/>'
        "</g></g></svg></div></body>"
    )
    found, seen = too_faint_in_charts(page)
    assert [line.partition(" ")[0] for line in found] == ["3.72", "2.25"]
    assert seen == 4
    page.close()


def test_the_measure_itself(browser: Browser) -> None:
    """Black on white is 21, #777 on white 4.48, half black 3.98: values of the formula, by hand."""
    page = browser.new_page()
    page.set_content(
        '<body style="background:#fff"><p style="color:#777">faint</p><p style="color:#767676">just enough</p>'
        '<p style="opacity:.5">half</p><button disabled style="color:#eee">off</button>'
        '<h1 style="color:#949494;font-size:24px">large</h1><p style="color:#949494">small</p></body>'
    )
    assert [line.partition(" ")[0] for line in too_faint(page)] == ["4.48", "3.98", "3.03"]
    page.close()
