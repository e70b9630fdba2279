"""Ways on from a page: to the networks that know such pictures, to My pictures, and back to what a reload cost."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from gam_viz.app.served import reloading
from gam_viz.app.shared.doors import kind_of
from gam_viz.images import open_source
from tests.app.test_my_pictures import archive, picture, put
from tests.app.test_tours import shipped
from tests.images.dicom_files import dicom

__all__ = ["shipped"]
GREY = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64)


@pytest.mark.parametrize(
    ("modality", "kind"), [("US", "ultrasound"), ("DX", "radiograph"), ("CT", "medical"), ("", "medical")]
)
def test_a_file_says_what_it_shows(modality: str, kind: str) -> None:
    assert kind_of(open_source(dicom(GREY, Modality=modality), "a")) == kind


def test_an_ordinary_picture_shows_anything() -> None:
    name, data, _ = picture(1)
    assert kind_of(open_source(data, name)) is None


def test_several_pictures_lead_to_my_pictures(app: AppTest) -> None:
    put(app.run(), archive(picture(1), picture(2), picture(3)))
    assert not app.exception
    assert "One of the 3 pictures you uploaded." in [each.value for each in app.main.markdown]
    assert "See them all in My pictures" in [link.proto.label for link in app.get("page_link")]  # type: ignore[attr-defined]


def test_where_no_network_knows_such_pictures_it_is_said(app: AppTest) -> None:
    put(app.run(), ("a.dcm", dicom(GREY, Modality="US"), ""))
    assert not app.exception
    assert [info for info in app.main.info if "looks like an ultrasound" in info.value and "no network" in info.value]


def test_a_medical_picture_opens_the_networks_that_know_such(shipped: AppTest) -> None:
    put(shipped.run(), ("a.dcm", dicom(GREY, Modality="CT"), ""))
    shipped.button(key="door-open").click().run()
    assert not shipped.exception
    assert shipped.selectbox(key="data").value == "mednist"
    assert shipped.segmented_control(key="source").value == "upload"  # the same picture
    assert not [button for button in shipped.button if button.key == "door-open"]


def test_a_link_to_an_upload_that_is_elsewhere_offers_both_ways_on(app: AppTest) -> None:
    app.query_params |= {"source": "upload", "upload": "0123456789ab"}
    app.run()
    assert not app.exception
    assert "uploaded elsewhere" in app.main.warning[0].value
    assert [app.button(key=key).label for key in ("upload-again", "upload-sample")] == [
        "Upload it again",
        "Look at a sample",
    ]
    put(app, picture(1))  # another one, which the link does not mean, is shown where it comes
    assert not app.main.warning
    app.query_params |= {"source": "upload", "upload": "0123456789ab"}
    app.session_state["url-page"] = "elsewhere"
    app.run()
    app.button(key="upload-sample").click().run()
    assert not app.exception
    assert app.segmented_control(key="source").value == "sample"
    assert "upload" not in app.query_params
    assert app.multiselect(key="methods").value


def test_what_a_reload_cost_is_said_with_the_way_back(app: AppTest) -> None:
    app.session_state[reloading.TAB] = ""
    app.session_state[reloading.HAD] = {reloading.PICTURES: 2, reloading.NETWORKS: 1}
    app.run()
    assert not app.exception
    assert "2 pictures, 1 network" in app.main.warning[0].value
    assert app.button(key="lost-upload")
    app.button(key="lost-networks").click().run()
    assert app.session_state["own-open"]
    put(app, picture(1))
    assert "1 network" in app.main.warning[0].value
    assert "pictures" not in app.main.warning[0].value
    app.button(key="lost-dismiss").click().run()
    assert not app.main.warning
