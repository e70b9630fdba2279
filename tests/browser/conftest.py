"""The app served for real, and Chromium to look at it."""

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.waiting import PATIENCE
from tests.checkpoint_files import write_checkpoints
from tests.serving import free_port, serving

PROJECT = Path(__file__).resolve().parents[2]
#: The command of that name, in a process that draws few scenes; two thousand take ten seconds.
STREAMLIT = """
from gam_viz.datasets.scenes.dataset import COUNTS
from streamlit.web.cli import main
COUNTS["test"] = 100
main(prog_name="streamlit")
"""
#: Also what headless Chromium never asks for, such as the icon of the tab.
LINKED = """() => [...document.querySelectorAll('link[href], script[src], img[src], source[src], iframe[src]')]
    .map((element) => element.href || element.src)"""
#: Nothing fades or spins: a page that is drawn sixty times a second while the script runs costs more than the script.
STILL = """
addEventListener('DOMContentLoaded', () => {
    const style = document.createElement('style');
    style.textContent = '*, *::before, *::after { animation: none !important; transition: none !important; }';
    document.head.append(style);
});
"""


@dataclass
class Heard:
    """What the tests' pages asked for until now, and the paths that they were at."""

    asked: set[str] = field(default_factory=set)
    paths: set[str] = field(default_factory=set)

    def listen(self, page: Page) -> None:
        page.on("request", lambda request: self.asked.add(request.url))
        page.on("websocket", lambda socket: self.asked.add(socket.url))
        page.on("framenavigated", lambda frame: self.paths.add(urlsplit(frame.url).path))


def linked(page: Page) -> list[str]:
    """Addresses in the page as it is drawn now."""
    return list(page.evaluate(LINKED))


@pytest.fixture(scope="session")
def heard() -> Heard:
    return Heard()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Debian's chromium is not installed: nothing to drive the page with")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-background-networking", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def context(browser: Browser, heard: Heard) -> Iterator[BrowserContext]:
    """One for all tests, so that the page's own code is fetched and compiled once. The app keeps nothing in it."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    context.set_default_timeout(PATIENCE)
    context.add_init_script(STILL)
    context.on("page", heard.listen)
    yield context
    context.close()


@pytest.fixture
def tab(context: BrowserContext, heard: Heard) -> Iterator[Page]:
    """An empty page of 1280 x 900."""
    page = context.new_page()
    yield page
    heard.asked.update(linked(page))
    page.close()


@pytest.fixture
def phone(tab: Page) -> Page:
    """An empty page of 390 x 844."""
    tab.set_viewport_size({"width": 390, "height": 844})
    return tab


@pytest.fixture(scope="session")
def served(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the app, served on small networks and few scenes; its log is shown if it does not come up."""
    folder = tmp_path_factory.mktemp("served")
    write_checkpoints(folder)
    port = free_port()
    command = [sys.executable, "-c", STREAMLIT, "run", "app.py", "--server.port", str(port)]
    environment = {**os.environ, "GAM_VIZ_CHECKPOINTS": str(folder)}
    with serving(command, port, folder / "app.log", cwd=PROJECT, environment=environment) as (address, _):
        yield address
