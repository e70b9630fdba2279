"""Waiting for the page's own word that it is done, never for a time."""

import re

from playwright.sync_api import Page, expect

PATIENCE = 90_000  # milliseconds; the machine may be busy


def rest(page: Page) -> None:
    """Until the script has ended; one may start just after it was asked whether it runs, so ask twice."""
    for _ in range(2):
        page.wait_for_timeout(700)
        page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for(timeout=PATIENCE)


def compare_settles(page: Page) -> None:
    """Until the Compare page's last row is there and the script has ended."""
    expect(page.get_by_role("heading", name=re.compile("Take it home|带走结果"))).to_be_visible(timeout=PATIENCE)
    rest(page)
