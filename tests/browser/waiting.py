"""Waiting for the page's own word that it is done, never for a time."""

import re

from playwright.sync_api import Page, expect

from gam_viz.text import LANGUAGES, words

PATIENCE = 90_000  # milliseconds; the machine may be busy


def rest(page: Page) -> None:
    """Until the script has ended; one may start just after it was asked whether it runs, so ask twice."""
    for _ in range(2):
        page.wait_for_timeout(700)
        page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for(timeout=PATIENCE)


def addressed(page: Page, pattern: str, *, gone: bool = False) -> None:
    """Until the address holds that, or no longer; Playwright's own hears late of a link that a page writes itself."""
    page.wait_for_function(
        "([pattern, gone]) => new RegExp(pattern).test(location.href) !== gone", arg=[pattern, gone], timeout=PATIENCE
    )


def compare_settles(page: Page) -> None:
    """Until the Compare page's last row is there and the script has ended."""
    titles = "|".join(words(code).text("compare.download.title") for code in LANGUAGES)
    expect(page.get_by_role("heading", name=re.compile(f"^({titles})"))).to_be_visible(timeout=PATIENCE)
    rest(page)
