"""The pages on a device that is not the CPU (see `tests/standin_device.py`), which the app picks as it would a GPU."""

import re
from collections.abc import Iterator

import pytest
import streamlit as st
import torch
from streamlit.testing.v1 import AppTest

from gam_viz.app.shared import device as shared
from tests.app.reading import plain
from tests.app.visiting import visit
from tests.standin_device import NAME, waits


@pytest.fixture
def picked(cold: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(shared, "pick_device", lambda name: torch.device(NAME))
    yield
    st.cache_resource.clear()  # the next test's networks are not there


def said(app: AppTest) -> str:
    """All but the seconds that it took, and the device's name."""
    return re.sub(
        r"\d+\.\d+ s\b|CPU, \d+ threads?", "", plain("\n".join(each.value for each in [*app.caption, *app.markdown]))
    )


@pytest.mark.parametrize("page", ["compare", "evidence"])
def test_a_page_computes_on_the_device_what_it_computes_on_the_cpu(picked: None, app: AppTest, page: str) -> None:
    app.query_params["methods"] = "gradcam,saliency"
    visit(app, page)
    with waits() as waited:
        app.run()
    assert not app.exception
    assert not app.error
    assert 2 <= waited.back.total() <= 60, waited.back
    there = said(app)

    st.cache_resource.clear()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(shared, "pick_device", lambda name: torch.device("cpu"))
        again = AppTest.from_file(app._script_path, default_timeout=120)
        again.query_params["methods"] = "gradcam,saliency"
        visit(again, page).run()
    assert there == said(again)
