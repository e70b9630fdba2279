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
from tests.standin_device import NAME, room_for, waits


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


@pytest.mark.parametrize(
    ("language", "sentence"), [("en", "Everything is computed on the CPU"), ("zh", "已改在 CPU 上")]
)
def test_a_page_goes_on_on_the_cpu_where_not_even_one_picture_fits(
    picked: None, app: AppTest, language: str, sentence: str
) -> None:
    app.query_params["lang"] = language
    with room_for(0):
        app.run()
    assert not app.exception
    assert not app.error
    assert sentence in app.warning[0].value
    assert shared.device().type == "cpu"
    assert said(app)


def test_a_part_of_a_page_that_finds_no_room_goes_on_on_the_cpu(picked: None, app: AppTest) -> None:
    """What the page's first rows need is there already: only a row that is drawn alone asks for more."""
    app.query_params["methods"] = "saliency"
    app.run()
    assert shared.gave_up() is None
    with room_for(0):
        app.multiselect(key="methods").set_value(["saliency", "gradcam"]).run()
    assert not app.exception
    assert "Everything is computed on the CPU" in app.warning[0].value
    assert app.multiselect(key="methods").value == ["saliency", "gradcam"]
