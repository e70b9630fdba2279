"""A page used by keys alone."""

import pytest
from playwright.sync_api import Page

from tests.browser.waiting import PATIENCE

#: Of what can be used: a part that scrolls takes the focus, too, and holds all names there are.
NAME = """() => { const e = document.activeElement;
    if (['MAIN', 'BODY', 'SECTION'].includes(e.tagName)) return '';
    return (e.getAttribute('aria-label') || e.innerText || e.closest('label')?.innerText || '').trim(); }"""


def tab_to(page: Page, name: str, most: int = 120) -> None:
    """Press Tab until what has that name, or ends in it, has the focus; a button's shortcut stands in a line below."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if any(line.strip().endswith(name) for line in str(page.evaluate(NAME)).splitlines()):
            return
    pytest.fail(f"no way to {name!r} with the keyboard")


def focused(page: Page) -> None:
    """Somewhere in the page, never on the document, from where one has to begin at its top."""
    page.wait_for_function("() => document.activeElement !== document.body", timeout=PATIENCE)
