"""What a link says, and what of it is not known; Back and Forward; one network, on every page."""

import pytest
from streamlit.testing.v1 import AppTest

from gam_viz.app.shared import state
from gam_viz.app.shared.words import speaking
from tests.app.visiting import visit


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_not_known_is_said_in_one_line_and_the_rest_applies(app: AppTest, language: str) -> None:
    app.query_params |= {
        "lang": language,
        "networks": "scenes-none,no*net*,scenes-gam",
        "layer": "layer9.9",
        "class": "no-such-class",
        "methods": "gradcam,gradcam,nope",
        "test": "many",
        "source": "test",
        "reduction": "mean",
    }
    with speaking(language):
        app.run()
        assert not app.exception
        told = [warning.value for warning in app.main.warning if "layer9.9" in warning.value]
        assert len(told) == 1
        for odd in ("no\\*net\\*", "layer=layer9.9", "target=no-such-class", "methods=nope", "test=many"):
            assert odd in told[0], odd
        assert "gradcam" not in told[0]
        assert app.multiselect(key="networks-scenes").value == ["scenes-none", "scenes-gam"]
        assert app.multiselect(key="methods").value == ["gradcam"]
        assert app.selectbox(key="reduction").value == "mean"
        app.button(key="link-dismiss").click().run()
        assert not [warning for warning in app.main.warning if "layer9.9" in warning.value]


def test_a_link_without_a_data_set_means_that_of_its_networks(app: AppTest) -> None:
    app.query_params["networks"] = "cifar10-cbam"
    app.run()
    assert not app.exception
    assert app.selectbox(key="data").value == "cifar10"
    assert app.multiselect(key="networks-cifar10").value == ["cifar10-cbam"]


@pytest.mark.parametrize("page", ["compare", "inside", "evidence", "my_pictures", "test_pictures"])
def test_one_network_is_a_page_like_any_other(app: AppTest, page: str) -> None:
    visit(app, page)
    app.query_params["networks-scenes"] = "scenes-gam"
    app.run()
    assert not app.exception
    assert not app.error
    assert app.multiselect(key="networks-scenes").value == ["scenes-gam"]
    assert not [info for info in app.info if "Choose a network" in info.value]
    assert "scenes-gam" in app.query_params["networks-scenes"]  # a reload keeps it


def test_without_a_network_the_choice_of_the_picture_stays(app: AppTest) -> None:
    app.run()
    app.multiselect(key="networks-scenes").set_value([]).run()
    assert not app.exception
    assert app.selectbox(key="sample").options
    assert [info.value for info in app.main.info] == ["Choose a network and a picture in the sidebar."]


def test_back_finds_a_page_as_it_was_left(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    app.run()
    last = app.radio(key="layer").value
    visit(app, "inside")
    app.query_params.clear()  # as moving to another page does
    app.run()
    app.radio(key="layer").set_value("layer1.0").run()
    assert "layer1.0" in app.query_params["layer"]
    visit(app, "compare")
    app.query_params.clear()  # its address, which names no layer, by the browser's Back
    monkeypatch.setattr(state, "by_history", lambda: True)
    app.run()
    assert not app.exception
    assert app.radio(key="layer").value == last
