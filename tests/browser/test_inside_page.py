"""The Inside page in a real browser: walked with the keyboard alone, a map and a cell clicked, on a phone."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.waiting import PATIENCE, addressed, rest

pytestmark = pytest.mark.browser


@pytest.fixture
def page(tab: Page, served: str) -> Page:
    tab.set_viewport_size({"width": 1280, "height": 1400})
    tab.goto(f"{served}/inside")
    settle(tab)
    return tab


def settle(page: Page) -> None:
    """Until both columns have said how far they are from the network, and the script has ended."""
    expect(page.get_by_text("Recomputed in NumPy")).to_have_count(2, timeout=PATIENCE)
    rest(page)


@pytest.mark.long
def test_arrow_keys_walk_through_the_named_steps_and_keys_do_from_anywhere(page: Page) -> None:
    steps = page.get_by_role("radiogroup", name="Step")
    expect(steps.get_by_role("radio")).to_have_count(15)
    steps.get_by_role("radio", name="features").focus()
    for name, station in (("pool or permute", "squeeze"), ("hidden units", "hidden"), ("back to C", "expand")):
        page.keyboard.press("ArrowRight")
        addressed(page, f"station={station}")
        rest(page)
        expect(steps.get_by_role("radio", name=name)).to_be_focused()
        expect(steps.get_by_role("radio", name=name)).to_be_checked()
    page.keyboard.press("ArrowLeft")
    addressed(page, "station=hidden")
    rest(page)  # a button that is drawn anew just now hears no key
    page.keyboard.press("Tab")  # where something is typed or chosen, letters belong to that
    page.keyboard.press("n")
    addressed(page, "station=expand")
    rest(page)
    page.get_by_role("button", name="Step: back").press("Enter")
    addressed(page, "station=hidden")
    rest(page)
    expect(page.get_by_role("button", name="Step: back")).to_be_focused()
    assert page.get_by_test_id("stException").count() == 0


@pytest.mark.parametrize(
    ("language", "query"),
    [
        ("en", "tour=cbam-vs-gam&stop=3&"),
        ("zh", ""),
        pytest.param("en", "", marks=pytest.mark.long),
        pytest.param("zh", "tour=cbam-vs-gam&stop=3&", marks=pytest.mark.long),
    ],
)
def test_what_a_step_shows_begins_in_the_upper_half(tab: Page, served: str, query: str, language: str) -> None:
    tab.goto(f"{served}/inside?{query}lang={language}")
    first = tab.get_by_test_id("stMain").locator(".gv-net").first
    expect(first).to_be_visible(timeout=PATIENCE)
    rest(tab)
    box = first.bounding_box()
    assert box is not None
    assert box["y"] < 400


def test_a_number_is_typed_and_a_click_does_the_same(page: Page, served: str) -> None:
    page.goto(f"{served}/inside?layer=layer2.1")
    settle(page)
    channel = page.get_by_role("spinbutton", name="Channel, 0 to 7")
    channel.fill("5")
    channel.press("Enter")
    addressed(page, "unit=5")
    settle(page)
    mosaic = page.locator(".js-plotly-plot .nsewdrag").first.bounding_box()
    assert mosaic is not None
    page.mouse.click(
        mosaic["x"] + mosaic["width"] * 0.12, mosaic["y"] + mosaic["height"] * 0.5 - mosaic["width"] * 0.38
    )
    addressed(page, "unit=", gone=True)  # the first map: what the page begins with
    settle(page)
    assert channel.input_value() == "0"


@pytest.mark.long
def test_a_link_opens_the_same_number(page: Page, served: str) -> None:
    page.goto(f"{served}/inside?station=conv&layer=layer2.0&row=3&column=5&hidden=1")
    settle(page)
    expect(page.get_by_text("hidden unit 1, row 3, column 5")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("row 3, column 5", exact=True)).to_be_visible(timeout=PATIENCE)


@pytest.mark.long
@pytest.mark.parametrize("station", ["squeeze", "conv", "channel"])
def test_nothing_sticks_out_on_a_phone(phone: Page, served: str, station: str) -> None:
    phone.goto(f"{served}/inside?station={station}")
    settle(phone)
    phone.wait_for_function(
        "() => ![...document.querySelectorAll('[data-testid=stMain] *')]"
        ".filter(e => e instanceof HTMLElement && !e.closest('.katex-display > *, [role=radiogroup]')"
        " && e.getBoundingClientRect().right > innerWidth + 1).length",  # a long formula and the row of steps scroll
        timeout=PATIENCE,
    )
