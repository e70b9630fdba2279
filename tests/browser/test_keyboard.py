"""Compare, Inside, Evidence and a network of one's own by keys alone, the focus never lost; tours: `test_tours`."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.keys import focused, tab_to
from tests.browser.waiting import PATIENCE, addressed, rest

pytestmark = pytest.mark.browser


def opened(page: Page, address: str, name: str) -> None:
    page.goto(f"{address}{'&' if '?' in address else '?'}lang=en")
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible(timeout=PATIENCE)
    rest(page)


def chosen_with_arrows(page: Page, steps: str, link: str) -> None:
    """To the stepper of that name, one step back by an arrow key, and on by its button: the focus stays on each."""
    group = page.get_by_role("radiogroup", name=steps, exact=True)
    tab_to(page, f"{steps}: back")
    page.keyboard.press("Tab")
    expect(group.get_by_role("radio", checked=True)).to_be_focused(timeout=PATIENCE)
    page.keyboard.press("ArrowLeft")
    addressed(page, link)
    rest(page)
    expect(group.get_by_role("radio", checked=True)).to_be_focused(timeout=PATIENCE)
    tab_to(page, f"{steps}: next")
    page.keyboard.press("Enter")
    addressed(page, link, gone=True)
    rest(page)
    expect(page.get_by_role("button", name=f"{steps}: next")).to_be_focused(timeout=PATIENCE)


@pytest.mark.long
def test_compare_and_a_network_of_ones_own(tab: Page, served: str) -> None:
    opened(tab, served, "Compare")
    tab_to(tab, "Add your own network")
    tab.keyboard.press("Enter")
    dialog = tab.get_by_role("dialog")
    expect(dialog).to_be_visible(timeout=PATIENCE)
    rest(tab)
    assert dialog.evaluate("dialog => dialog.contains(document.activeElement)")
    tab.keyboard.press("Escape")
    expect(dialog).to_have_count(0, timeout=PATIENCE)
    rest(tab)
    focused(tab)
    chosen_with_arrows(tab, "Layer", r"layer=layer\d\.\d")


@pytest.mark.long
def test_inside_and_on_to_evidence(tab: Page, served: str) -> None:
    opened(tab, f"{served}/inside", "Inside")
    chosen_with_arrows(tab, "Step", "station=output")
    opened(tab, f"{served}/inside", "Inside")
    tab_to(tab, "Evidence")
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("heading", level=1, name="Evidence")).to_be_focused(timeout=PATIENCE)
    rest(tab)
    focused(tab)
    tab_to(tab, "Do the gates do anything?")  # of a row of answers the chosen one is on the way; arrows lead on
    for question in ("depend", "faithful", "randomised", "agreed"):
        tab.keyboard.press("ArrowRight")
        tab.keyboard.press("Space")
        addressed(tab, f"question={question}")
        rest(tab)
        focused(tab)
    assert tab.get_by_test_id("stException").count() == 0


#: Of what has the focus, and of what is drawn around it: how wide its ring is.
RING = """() => {
    let width = 0, e = document.activeElement;
    for (let up = 0; e && e !== document.body && up < 6; up++, e = e.parentElement) {
        const style = getComputedStyle(e);
        if (style.outlineStyle !== 'none') width = Math.max(width, parseFloat(style.outlineWidth));
    }
    return [width, document.activeElement.outerHTML.slice(0, 120)];
}"""


def unseen(page: Page, stops: int) -> set[str]:
    """Of that many stops of Tab, those without a ring of two pixels."""
    found = set()
    for _ in range(stops):
        page.keyboard.press("Tab")
        width, element = page.evaluate(RING)
        if width < 2 and "stMain" not in element and not element.startswith("<body"):
            found.add(element)
    return found


@pytest.mark.parametrize(
    "address",
    ["networks", *(pytest.param(name, marks=pytest.mark.long) for name in ("", "inside", "evidence", "tours"))],
)
def test_every_stop_has_a_ring(tab: Page, served: str, address: str) -> None:
    tab.goto(f"{served}/{address}")
    tab.get_by_role("heading", level=1).wait_for(timeout=PATIENCE)
    rest(tab)
    assert not unseen(tab, 30)
