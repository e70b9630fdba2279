"""No page has what axe-core finds wrong, beyond what Streamlit's own elements bring with them."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from gam_viz.app.pages import PAGES as SECTIONS
from tests.browser.waiting import PATIENCE, rest

pytestmark = pytest.mark.browser
PAGES = tuple(page.address for pages in SECTIONS.values() for page in pages)
#: Rules that Streamlit's own widgets break, whatever a page does with them: rule -> what of them is left out.
STREAMLITS: dict[str, tuple[str, ...]] = {
    "presentation-role-conflict": ("stFileUploaderDropzone",),  # it names the zone that it calls presentation
    "scrollable-region-focusable": ("stSidebarContent",),  # closed on a phone, it is out of sight and has no stop
}


def violations(page: Page) -> list[str]:
    """Each finding that is ours: "rule: the element"."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{rule['id']}: {node['html'][:200]}"
        for rule in found
        for node in rule["nodes"]
        if not any(part in node["html"] for part in STREAMLITS.get(rule["id"], ()))
    ]


def opened(browser: Browser, served: str, address: str, scheme: str, width: int) -> list[str]:
    """What axe finds on a page at that width and scheme, once it is drawn."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, locale="en-GB")  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{served}/{address}", timeout=PATIENCE)
    page.get_by_role("heading", level=1).wait_for(timeout=PATIENCE)
    rest(page)
    found = violations(page)
    context.close()
    return found


def test_networks_has_no_violations(browser: Browser, served: str) -> None:
    assert not opened(browser, served, "networks", "light", 1280)


@pytest.mark.long
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_has_violations(browser: Browser, served: str, scheme: str, width: int) -> None:
    assert not {address: found for address in PAGES if (found := opened(browser, served, address, scheme, width))}
