"""A picture format that is registered at run time is uploaded, named and shown like the others."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from gam_viz.images.formats.registry import FORMATS
from tests.app.reading import plain
from tests.images.test_registry import GREY
from tests.images.toy_format import TOY, toy


def test_a_new_format_goes_the_uploader_s_way(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [("a.toy", toy(GREY), "application/octet-stream")]
    app.run()
    app.segmented_control(key="source").set_value("upload").run()
    app.file_uploader[0].set_value(files).run()
    assert [plain(error.value) for error in app.error if "PAM or PFM, which is not accepted here" in plain(error.value)]
    monkeypatch.setitem(FORMATS, "Toy", TOY)
    app.file_uploader[0].set_value(files).run()
    assert not app.exception
    assert not app.error
    (upload,) = app.session_state["uploads"].values()
    assert upload.name == "a.toy"
    told = plain("\n".join(element.value for element in [*app.caption, *app.markdown]))
    assert "90 x 80 pixels" in told
    app.file_uploader[0].set_value([("wide.toy", toy(np.zeros((1, 10_001))), "")]).run()
    assert [plain(error.value) for error in app.error if "10001 x 1" in plain(error.value).replace(",", "")]
