"""The app served for real, and Chromium to look at it."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

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
def served(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the app, served on small networks and few scenes; its log is shown if it does not come up."""
    folder = tmp_path_factory.mktemp("served")
    write_checkpoints(folder)
    port = free_port()
    command = [sys.executable, "-c", STREAMLIT, "run", "app.py", "--server.port", str(port)]
    environment = {**os.environ, "GAM_VIZ_CHECKPOINTS": str(folder)}
    with serving(command, port, folder / "app.log", cwd=PROJECT, environment=environment) as (address, _):
        yield address
