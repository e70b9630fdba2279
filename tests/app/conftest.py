"""The app, run without a browser, on small networks."""

import logging
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest, local_script_runner

from gam_viz.app.served.application import MAIN
from gam_viz.datasets.scenes.dataset import COUNTS
from gam_viz.evidence.faithfulness import curves
from tests.checkpoint_files import write_checkpoints

# Drawing without a browser, streamlit says of every element that there is none.
logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context").setLevel(logging.ERROR)

APP = Path(MAIN)


@pytest.fixture(autouse=True, scope="session")
def _few_scenes() -> Iterator[None]:
    """A hundred test scenes stand for two thousand, which take ten seconds to draw and to be predicted on."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(COUNTS, "test", 100)
        yield


@pytest.fixture(autouse=True, scope="session")
def _quick_app_tests() -> Iterator[None]:
    """A third of what an `AppTest` takes beside the script goes into two things that are done once, or not at all.

    For each it reads what all installed packages say of themselves, to find components; and it asks a thousand times a
    second whether the script's thread has ended, instead of waiting for it.
    """
    asking = local_script_runner.require_widgets_deltas

    def wait(runner: local_script_runner.LocalScriptRunner, timeout: float = 3) -> None:
        thread = runner._script_thread
        assert thread is not None
        thread.join(timeout)
        asking(runner, 0 if thread.is_alive() else timeout)  # of a thread that goes on it says that time is up

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        patched.setattr(local_script_runner, "require_widgets_deltas", wait)
        yield


@pytest.fixture(autouse=True)
def _few_orders(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty random orders where nobody says how many: the hundreds that a level needs are the library's to test.

    A test at a time: for a whole session, the tests of other folders that come after would have few orders, too.
    """
    monkeypatch.setattr(curves, "draws_needed", lambda judged: 20)


@pytest.fixture(scope="session")
def checkpoint_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkpoints")
    write_checkpoints(folder)
    return folder


@pytest.fixture
def cold() -> Iterator[None]:
    """Nothing is cached by the server, for a test that changes what is known by its name, a data set for instance.

    The others begin with what those before them computed.
    """
    _forget()
    yield
    _forget()


def _forget() -> None:
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def app(checkpoint_folder: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The app before its first run."""
    monkeypatch.setenv("GAM_VIZ_CHECKPOINTS", str(checkpoint_folder))
    return AppTest.from_file(str(APP), default_timeout=120)
