"""The app, run without a browser, on small networks."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from gam_viz.datasets.scenes.dataset import COUNTS
from gam_viz.evidence.faithfulness import curves
from tests.checkpoint_files import write_checkpoints

# Drawing without a browser, streamlit says of every element that there is none.
logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context").setLevel(logging.ERROR)

APP = Path(__file__).resolve().parents[2] / "app.py"


@pytest.fixture(autouse=True, scope="session")
def _few_scenes() -> Iterator[None]:
    """A hundred test scenes stand for two thousand, which take ten seconds to draw and to be predicted on."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(COUNTS, "test", 100)
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
