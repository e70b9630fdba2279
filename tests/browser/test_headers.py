"""What a browser lets the app's pages do, and who may frame them, by the headers that the served app sends."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.waiting import rest

pytestmark = pytest.mark.browser

WATCH = "addEventListener('securitypolicyviolation', each => (window.refused ??= []).push(each.violatedDirective))"
ASK = "() => { for (const kind of ['img', 'script', 'iframe']) document.body.append(Object.assign("
ASK += "document.createElement(kind), {src: 'https://x.invalid/a'})); fetch('https://x.invalid/a').catch(() => 0) }"


@pytest.fixture
def alone(browser: Browser) -> Iterator[Page]:
    """A page that asks others, of which the tests of what pages ask for hear nothing."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


def test_a_page_keeps_its_own_policy_and_cannot_ask_others(alone: Page, served: str) -> None:
    """Nothing that it draws is against it; what something smuggled in would ask for is."""
    alone.add_init_script(WATCH)
    answer = alone.goto(f"{served}/glossary?lang=en")
    assert answer is not None
    assert answer.headers["x-content-type-options"] == "nosniff"
    rest(alone)
    assert alone.evaluate("() => window.refused ?? []") == []
    alone.evaluate(ASK)
    alone.wait_for_function("() => window.refused?.length >= 4")
    refused = set(alone.evaluate("() => window.refused"))
    assert {each.removesuffix("-elem") for each in refused} == {"img-src", "script-src", "frame-src", "connect-src"}


def test_no_other_page_frames_it(alone: Page, served: str) -> None:
    framing = f'<iframe src="{served}/glossary"></iframe>'
    alone.route("http://other.invalid/", lambda route: route.fulfill(body=framing, content_type="text/html"))
    alone.goto("http://other.invalid/")  # until what it frames is loaded, or refused
    assert [frame.url.partition(":")[0] for frame in alone.frames] == ["http", "chrome-error"]
