"""Whatever networks, classes, layers and files are called: every page shows it letter by letter, and asks nobody."""

import os
import sys
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from gam_viz.app.pages import PAGES
from gam_viz.titles import JOINER
from tests.browser.conftest import PROJECT, STREAMLIT
from tests.browser.waiting import PATIENCE, rest
from tests.hostile_names import FILE, NAME, hostile_pictures, write_hostile_checkpoints
from tests.serving import free_port, serving

pytestmark = pytest.mark.browser

#: What Markdown would draw in another way; each is shown as often as the others.
MARKS = ("$y^2$", ":red[c]", "**s**", "`k`")
SHOWING = """
from gam_viz.app.shared.own_networks.live import Exhibit, put_up
from tests.hostile_names import hostile_networks
put_up("hostile", Exhibit(hostile_networks()))
"""
#: All text, that in drawings and tooltips of pictures as well.
TEXT = "() => document.querySelector('[data-testid=stApp]').textContent"
ALIVE = (
    'a[href*="//x.invalid"], a[href*="//www.x.invalid"], a[href^="mailto:"], [src*="x.invalid"], svg a, '
    '.katex:has-text("y"), [data-testid=stIconMaterial]:text("skull")'
)


@pytest.fixture(scope="module")
def hostile(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app's address, on networks whose cards and files are called so."""
    folder = tmp_path_factory.mktemp("hostile")
    write_hostile_checkpoints(folder)
    port = free_port()
    command = [sys.executable, "-c", SHOWING + STREAMLIT, "run", "app.py", "--server.port", str(port)]
    environment = {**os.environ, "GAM_VIZ_CHECKPOINTS": str(folder)}
    with serving(command, port, folder / "app.log", cwd=PROJECT, environment=environment) as (address, _):
        yield address


def shown_as_it_is(page: Page, where: str) -> int:
    """How often such a name is on the page."""
    rest(page)
    assert page.get_by_test_id("stException").count() == 0, where
    assert page.locator(ALIVE).count() == 0, where
    text = page.evaluate(TEXT).replace(JOINER, "")
    counts = {mark: text.count(mark) for mark in MARKS}
    assert len(set(counts.values())) == 1, (where, counts)
    assert text.count("u@x.invalid") == text.count(NAME) + text.count(FILE), where
    return int(counts["`k`"])


def test_every_page_shows_names_as_they_are(tab: Page, hostile: str) -> None:
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(f"{hostile}/my-pictures?show=hostile&methods=saliency&lang=en")
    files = [{"name": name, "mimeType": "", "buffer": data} for name, data in hostile_pictures()]
    expect(tab.get_by_text("Upload several pictures")).to_be_visible(timeout=PATIENCE)
    tab.get_by_test_id("stMain").locator("input[type=file]").set_input_files(files)
    tab.locator('[class*="st-key-gv-file-"]').nth(2).wait_for(timeout=PATIENCE)
    counts = {"my-pictures": shown_as_it_is(tab, "my-pictures")}
    for name in ("Compare", "Inside", "Evidence", "Networks", "Test pictures", "Claims"):
        tab.get_by_role("link", name=name, exact=True).first.click()
        counts[name] = shown_as_it_is(tab, name)
    # The networks of files: of a data set nobody knows, and of one that has pictures and results.
    unknown, scenes = f"data={quote(NAME)}", f"networks-scenes={quote(f'scenes-cbam {FILE},scenes-gam {FILE}')}"
    for address in (f"?{unknown}", f"networks?{scenes}", f"test-pictures?{scenes}"):
        tab.goto(f"{hostile}/{address}&methods=saliency&lang=en")
        counts[address[:14]] = shown_as_it_is(tab, address)
    assert all(counts[place] for place in ("my-pictures", "Compare", "Evidence", f"?{unknown}"[:14])), counts
    assert not [address for address in asked if not address.startswith((hostile, "data:", "blob:"))]


def test_pages_are_all_named_here() -> None:
    """A new page is opened by the test above, too: those left out show nothing that a file says, or have their own."""
    opened = {"compare", "inside", "my_pictures", "test_pictures", "evidence", "claims", "networks"}
    assert {page.name for pages in PAGES.values() for page in pages} - opened == {
        "audit",  # tests/app/test_audit.py: test_names_of_files_are_read_letter_by_letter
        "training",  # tests/app/test_training.py: test_the_numbers_are_those_in_the_folders
        "design",
        "tours",
        "glossary",
    }
