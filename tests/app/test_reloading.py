"""A tab that is loaded anew finds what it had, in the server's memory; see `served/reloading.py`."""

from pathlib import Path

import pytest
from streamlit.runtime import Runtime

from gam_viz.app.served import application
from gam_viz.app.served.beside import ServerBeside
from tests.app.test_served import until
from tests.visitor import Visitor

RELOADED = """
import streamlit as st
from gam_viz.app.served import reloading
reloading.take_over()
if "uploads" in st.session_state:
    st.write("kept")
if st.query_params.get("keep"):
    st.session_state["uploads"] = {"abc": "a picture"}
st.write("drawn")
"""


def test_a_tab_that_is_loaded_anew_takes_over_what_it_had_and_no_other_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "page.py"
    page.write_text(RELOADED)
    monkeypatch.setattr(application, "MAIN", str(page))
    server = ServerBeside()
    tab, other = "0" * 32, "1" * 32
    try:

        def finds(tab: str, query: str = "") -> bool:
            with Visitor(server.url, query=query, tab=tab) as visitor:
                visitor.ask()
                return any("kept" in str(message) for message in visitor.told())

        with Visitor(server.url, query="keep=1", tab=tab) as first:
            first.run()
            assert not finds(tab)  # a doubled tab: the first still has its own
        until(lambda: not Runtime.instance().is_active_session(first.session))
        assert not finds(other)
        assert not finds("")
        assert finds(tab)
        assert finds(tab)  # loaded anew once more
    finally:
        server.stop()
