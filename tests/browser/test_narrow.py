"""A narrow screen, and a wide one at 200%: nothing scrolls sideways but tables, and steps that have buttons, too."""

import os
import sys
from collections.abc import Iterator
from urllib.parse import quote

import pytest
import torch
from playwright.sync_api import Browser, Page

from gam_viz.networks import NetworkConfig, build_network
from gam_viz.networks.checkpoints import Card, save
from tests.browser.conftest import PROJECT, STREAMLIT
from tests.browser.test_axe import PAGES
from tests.browser.waiting import PATIENCE, rest
from tests.serving import free_port, serving

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
        let out = e.getBoundingClientRect().right > innerWidth + 1;
        for (let p = e.parentElement; out && p !== main; p = p.parentElement)  // cut there, and read in its title
            if (getComputedStyle(p).overflowX !== 'visible') out = false;
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


def test_designs_charts_can_be_read_on_a_tablet(tab: Page, served: str) -> None:
    """Names of designs are 140 pixels wide: what is left of a chart is for its points."""
    assert not too_wide(tab, served, "design", 768)
    areas = tab.locator("[class*=st-key-design-costs-] .draglayer .nsewdrag")
    areas.nth(1).wait_for(state="attached")
    assert min(area.bounding_box()["width"] for area in areas.all()) > 120  # type: ignore[index]


def test_the_measure_itself(tab: Page) -> None:
    tab.set_viewport_size({"width": 320, "height": 700})
    tab.set_content(
        '<main data-testid="stMain"><p style="width: 400px">a</p>'
        '<div style="overflow: auto"><p style="width: 300px">b</p></div>'
        '<div data-testid="stTable" style="overflow: auto"><p style="width: 900px">c</p></div></main>'
    )
    assert [each[:3] for each in tab.evaluate(WIDE)] == ["the", "<p "]


#: Twelve networks, a thousand classes, and names that no one would design a page for.
ODD_CLASSES = ("W" * 200, "قارب شراعي أبيض", "a class without an end " * 9, *(f"class {n}" for n in range(997)))
ODD_NAMES = [f"شبكة {number} {'x' * 40}" for number in range(12)]


@pytest.fixture(scope="module")
def odd(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the app on such networks."""
    folder = tmp_path_factory.mktemp("odd")
    for number, name in enumerate(ODD_NAMES):
        torch.manual_seed(number)
        attention = ("cbam", "gam", "none")[number % 3]
        network = build_network(NetworkConfig(width=4, attention=attention, num_classes=1000, stem="stride2"))
        with torch.no_grad():
            network.fc.bias[number % 3] += 60  # so that each of the odd names is an answer
        size = {"input_size": 64, "mean": (0.5,) * 3, "std": (0.25,) * 3}
        card = Card(name, "mine", "مجموعة بيانات", ODD_CLASSES, config=network.config, **size)  # type: ignore[arg-type]
        save(network, card, folder / f"{number}.safetensors")
    port = free_port()
    command = [sys.executable, "-c", STREAMLIT, "run", "app.py", "--server.port", str(port)]
    environment = {**os.environ, "GAM_VIZ_CHECKPOINTS": str(folder)}
    with serving(command, port, folder / "app.log", cwd=PROJECT, environment=environment) as (address, _):
        yield address


@pytest.mark.long
@pytest.mark.parametrize("width", [1280, 390])
def test_odd_names_and_many_networks_leave_the_layout_standing(tab: Page, odd: str, width: int) -> None:
    few, all_of_them = (f"data=mine&networks-mine={quote(','.join(names))}" for names in (ODD_NAMES[:3], ODD_NAMES))
    addresses = [f"?{all_of_them}", *(f"{name}?{few}" for name in ("inside", "evidence", "networks"))]
    wide = {each[:8]: too_wide(tab, odd, each, width) for each in addresses}
    assert not {name: found for name, found in wide.items() if found}
