"""The reader's own pictures in a real browser: upload a ZIP, open one with the keyboard, come back, forget; a phone."""

import re

import pytest
from playwright.sync_api import FilePayload, Page, expect

from gam_viz.app.shared.uploads import plain
from gam_viz.titles import JOINER
from tests.app.compare.test_page import picture
from tests.app.test_my_pictures import BAD, archive
from tests.browser.waiting import PATIENCE, compare_settles, rest

pytestmark = pytest.mark.browser

#: A file name of which Markdown would make links, a colour, an icon and a formula.
HOSTILE = "www.x.invalid a@b.invalid :red[x] :material/home: $y^2$ ![p](http:x.invalid).dcm"


def payload(name: str, data: bytes, kind: str) -> FilePayload:
    return {"name": name, "mimeType": kind, "buffer": data}


@pytest.fixture
def page(tab: Page, served: str) -> Page:
    tab.goto(f"{served}/my-pictures")
    upload(tab)
    return tab


def upload(page: Page) -> None:
    files = [payload(*archive(picture(1), BAD, picture(2))), payload(HOSTILE, picture(3)[1], "")]
    expect(page.get_by_text("Upload several pictures")).to_be_visible(timeout=PATIENCE)
    page.get_by_test_id("stMain").locator("input[type=file]").set_input_files(files)
    rows(page).nth(2).wait_for(timeout=PATIENCE)
    rest(page)


def rows(page: Page):  # type: ignore[no-untyped-def]
    return page.locator('[class*="st-key-gv-file-"]')


def test_a_row_opens_in_compare_by_keyboard_and_the_table_is_there_on_the_way_back(page: Page) -> None:
    assert rows(page).count() == 3
    expect(page.get_by_text("Refused: 1")).to_be_visible()
    link = rows(page).nth(1).get_by_role("link")
    name = link.inner_text().splitlines()[-1].replace(JOINER, "")
    link.focus()
    page.keyboard.press("Enter")
    compare_settles(page)
    assert "source=upload" in page.url
    sidebar = page.get_by_test_id("stSidebar")
    assert sidebar.get_by_role("combobox", name="Which picture").input_value() == name
    expect(sidebar.get_by_text("bad.png")).to_be_visible()
    page.get_by_role("link", name="My pictures", exact=True).focus()
    page.keyboard.press("Enter")
    rows(page).nth(2).wait_for(timeout=PATIENCE)
    rest(page)
    expect(page.get_by_role("heading", level=1, name="My pictures")).to_be_focused()
    assert page.get_by_test_id("stException").count() == 0
    assert plain(HOSTILE) in page.inner_text('[data-testid="stMain"]').replace(JOINER, "")
    assert page.locator('a[href*="invalid"], img[src*="invalid"]').count() == 0


@pytest.mark.long
def test_one_is_forgotten_then_all(page: Page) -> None:
    page.get_by_role("button", name="Add or forget pictures").click()
    page.get_by_role("button", name=re.compile("picture-1.png")).click()
    expect(rows(page)).to_have_count(2, timeout=PATIENCE)
    rest(page)
    page.get_by_role("button", name="Forget these files").click()
    expect(page.get_by_text("Upload several pictures")).to_be_visible(timeout=PATIENCE)
    expect(rows(page)).to_have_count(0, timeout=PATIENCE)


@pytest.mark.long
def test_the_table_is_downloaded(page: Page) -> None:
    with page.expect_download(timeout=PATIENCE) as download:
        page.get_by_role("button", name="Table, CSV").click()
    lines = download.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert lines[0].startswith('file,disagree,gap,"CBAM')
    assert len(lines) == 5
    assert lines[-1].startswith("4.,")


@pytest.mark.long
def test_nothing_sticks_out_on_a_phone(phone: Page, served: str) -> None:
    phone.goto(f"{served}/my-pictures")
    upload(phone)
    phone.wait_for_function(
        "() => ![...document.querySelectorAll('[data-testid=stMain] *')]"
        ".filter(e => e instanceof HTMLElement && e.getBoundingClientRect().right > innerWidth + 1).length",
        timeout=PATIENCE,
    )
