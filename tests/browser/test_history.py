"""Back and Forward, reload, a second tab and a sent link, on every page: a page is one step of the browser's history,
with its last choices."""

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Locator, Page, expect

from gam_viz.app.pages import PAGES
from gam_viz.text import words
from tests.browser.waiting import PATIENCE, rest
from tests.browser.waiting import compare_settles as settle

pytestmark = pytest.mark.browser

#: Of each page one of its choices: what the address calls it, and the key of its widget, or how that begins.
CHOICES = {
    "compare": ("target", "target"),
    "inside": ("inside", "inside"),
    "my_pictures": ("fit", "fit"),
    "test_pictures": ("order", "order-"),
    "evidence": ("ablate", "ablate"),
    "claims": ("verdict", "verdict"),
    "networks": ("cost", "cost"),
    "design": ("d-against", "d-against"),
    "audit": ("lang", "lang"),  # no audit and no run is here
    "training": ("lang", "lang"),
    "tours": ("lang", "lang"),
    "glossary": ("q", "q"),
}
#: What a widget says: what is typed, chosen or pressed.
SAYS = """(box) => [...box.querySelectorAll('input')].map((field) => field.type === 'radio' ? '' : field.value).join()
    + [...box.querySelectorAll('[aria-checked="true"], [aria-pressed="true"]')].map((each) => each.innerText).join()
    + (box.querySelector('[data-baseweb="select"]')?.innerText ?? '')"""


def test_choices_take_the_place_of_the_one_before_and_pages_are_steps(tab: Page, served: str) -> None:
    names = [page.name for pages in PAGES.values() for page in pages]
    assert set(names) == set(CHOICES)
    tab.goto(served)
    settle(tab)
    seen = []
    for number, name in enumerate(names):
        if number:
            go(tab, name)
        before = tab.evaluate("history.length")
        choose(tab, *CHOICES[name])
        assert tab.evaluate("history.length") == before  # a choice is no step
        seen.append((tab.url, says(tab, name)))
    for url, said in reversed(seen[:-1]):
        tab.go_back()
        arrived(tab, url, said)
    for url, said in seen[1:3]:
        tab.go_forward()
        arrived(tab, url, said)
    tab.reload()
    rest(tab)
    arrived(tab, *seen[2])
    for url, said in (seen[0], seen[4]):  # sent to somebody else
        other = tab.context.new_page()
        other.goto(url)
        rest(other)
        arrived(other, url, said)
        other.close()


def test_a_reload_keeps_uploads_and_a_second_tab_says_where_they_are(
    tab: Page, context: BrowserContext, served: str, tmp_path: Path
) -> None:
    path = tmp_path / "mine.png"
    Image.fromarray(np.full((40, 40), 90, np.uint8)).save(path)
    tab.goto(served)
    settle(tab)
    tab.locator('[data-testid="stSidebar"] input[type="file"]').first.set_input_files(path)
    expect(tab).to_have_url(re.compile("source=upload"), timeout=PATIENCE)
    settle(tab)
    tab.reload()
    settle(tab)
    expect(tab.get_by_text("No known label").first).to_be_visible(timeout=PATIENCE)
    other = context.new_page()
    other.goto(tab.url)
    said = words("en").text
    expect(other.get_by_text(said("common.uploads.elsewhere"))).to_be_visible(timeout=PATIENCE)
    rest(other)
    other.get_by_role("button", name=said("common.uploads.again")).click()
    other.get_by_role("dialog").locator('input[type="file"]').set_input_files(path)
    settle(other)
    assert address(other) == address(tab)  # the same file is the same picture
    other.reload()
    settle(other)
    assert address(other) == address(tab)
    third = context.new_page()
    third.goto(tab.url)
    third.get_by_role("button", name=said("common.uploads.sample")).click()
    settle(third)
    assert "upload" not in address(third)
    third.close()
    other.close()


def go(tab: Page, name: str) -> None:
    title = words("zh" if "lang=zh" in tab.url else "en").text(f"{name}.nav")
    tab.locator(".st-key-gv-masthead").get_by_role("link", name=title, exact=True).click()
    expect(tab.get_by_role("heading", level=1, name=title)).to_be_visible(timeout=PATIENCE)
    rest(tab)


def choose(tab: Page, key: str, widget: str) -> None:
    """Another than what is chosen, or something where nothing is."""
    box = of(tab, widget)
    if key == "q":
        box.locator("input").fill("gate")
        box.locator("input").press("Enter")
    elif box.get_by_role("combobox").count():
        box.get_by_role("combobox").click()
        tab.get_by_role("option").nth(1).click()
    else:
        box.locator('button:not([aria-checked="true"]), [role="radio"]:not([aria-checked="true"])').first.click()
    expect(tab).to_have_url(re.compile(rf"[?&]{key}="), timeout=PATIENCE)
    rest(tab)


def of(tab: Page, widget: str) -> Locator:
    exact = not widget.endswith("-")
    return tab.locator(f".st-key-{widget}" if exact else f'[class*="st-key-{widget}"]').first


def says(tab: Page, name: str) -> str:
    return str(of(tab, CHOICES[name][1]).evaluate(SAYS))


def arrived(tab: Page, url: str, said: str) -> None:
    """On the page of that address, with what was chosen there."""
    name = urlsplit(url).path.strip("/").replace("-", "_") or "compare"
    expect(tab).to_have_url(re.compile(re.escape(urlsplit(url).path) + r"(\?|$)"), timeout=PATIENCE)
    of(tab, CHOICES[name][1]).wait_for(timeout=PATIENCE)
    rest(tab)
    assert address(tab) == {key: values[0] for key, values in parse_qs(urlsplit(url).query).items()}
    assert says(tab, name) == said


def address(tab: Page) -> dict[str, str]:
    return {key: values[0] for key, values in parse_qs(urlsplit(tab.url).query).items()}
