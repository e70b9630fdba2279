"""The row of regions: a box, what is known of a scene, a mask of one's own, and masks that do not fit."""

import io

import numpy as np
from PIL import Image
from streamlit.testing.v1 import AppTest

from gam_viz.app.shared.evaluation_set import Pictures, regions_of
from gam_viz.datasets import load_dataset
from gam_viz.datasets.operator_marks import operator_marks
from gam_viz.datasets.truth import load_truth
from gam_viz.images import sample_scene
from gam_viz.runtime.installation import SHIPPED
from tests.ultrasound import busi_in_small


def captions(app: AppTest) -> str:
    return "\n".join(caption.value for caption in app.caption)


def png(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def open_with(app: AppTest, kind: str) -> AppTest:
    app.run()
    return app.segmented_control(key="region").set_value(kind).run()


def test_a_box_typed_in_percent(app: AppTest) -> None:
    app.run()
    assert not app.dataframe  # nothing is measured unasked
    assert app.segmented_control(key="region").value == "off"
    app.segmented_control(key="region").set_value("box").run()
    assert not app.exception
    assert "The region covers 25.0% of the picture" in captions(app)
    app.number_input(key="box-left").set_value(50).run()
    assert "The region covers 12.5% of the picture" in captions(app)
    assert app.query_params["box-left"] == "50"
    table = app.dataframe[0].value
    assert set(table["network"]) == {"CBAM, r = 2", "GAM"}
    assert "Grad-CAM" in set(table["map"])
    assert len(table) == 2 * (6 + 1)  # six layers' masks and one attribution, two networks
    shares = [float(value.rstrip("%")) for value in table["inside"] if value]
    assert all(0 <= value <= 100 for value in shares)
    app.number_input(key="box-left").set_value(80).run()  # beyond its right
    assert not app.exception
    assert "Choose a box whose left edge is left of its right" in app.info[0].value


def test_the_object_of_a_scene(app: AppTest) -> None:
    open_with(app, "object")
    assert not app.exception
    scene = sample_scene(app.selectbox(key="sample").value)
    assert scene is not None
    assert f"The region covers {scene.mask.mean():.1%} of the picture" in captions(app)


def test_a_test_scene_has_its_object_too(app: AppTest) -> None:
    app.query_params["source"] = "test"
    app.query_params["test"] = "3"
    app.query_params["region"] = "object"
    app.run()
    assert not app.exception
    assert "The region covers" in captions(app)


def test_a_photograph_has_no_known_object(app: AppTest) -> None:
    app.query_params["sample"] = "photo-cat"
    app.query_params["region"] = "object"
    app.run()
    assert not app.exception
    assert app.segmented_control(key="region").value == "off"


def mask_uploader(app: AppTest):  # type: ignore[no-untyped-def]
    return next(widget for widget in app.file_uploader if widget.key.startswith("mask-file"))


def test_a_mask_of_ones_own_and_masks_that_do_not_fit(app: AppTest) -> None:
    open_with(app, "mask")
    mask = np.zeros((64, 64), np.uint8)
    mask[:, :16] = 255
    mask_uploader(app).set_value(("mask.png", png(mask), "image/png")).run()
    assert not app.exception
    assert "The region covers 25.0% of the picture" in captions(app)
    for data, said in (
        (png(np.zeros((32, 64), np.uint8)), "The mask is 64×32 pixels and the picture 64×64"),
        (png(np.zeros((64, 64), np.uint8)), "holds nothing, or everything"),
        (b"\x89PNG\r\n\x1a\nbroken", ""),
    ):
        mask_uploader(app).set_value(("mask.png", data, "image/png")).run()
        assert not app.exception, said
        assert len(app.error) == 1, said
        assert said in app.error[0].value
        assert "The region covers" not in captions(app), said


def test_in_chinese(app: AppTest) -> None:
    app.query_params["lang"] = "zh"
    app.query_params["region"] = "box"
    app.run()
    assert not app.exception
    assert "区域占图片的 25.0%" in captions(app)


def test_what_people_marked_in_a_real_picture_is_a_region(app: AppTest, data_root, monkeypatch) -> None:
    monkeypatch.setenv("GAM_VIZ_CHECKPOINTS", str(SHIPPED))
    for name, value in {"data": "ucmerced", "source": "test", "test": "20", "region": "object"}.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    inside = load_truth("ucmerced", data_root).regions(20)["object"]
    assert f"The region covers {inside.mean():.1%} of the picture" in captions(app)


def test_marks_and_lesions_of_ultrasound_are_regions(tmp_path, monkeypatch) -> None:
    root = busi_in_small(tmp_path)
    monkeypatch.setenv("GAM_VIZ_DATA", str(root))
    data = load_dataset("busi", "test", root)
    known = [regions_of(Pictures(data, "small"), number) for number in (0, 2, 11)]
    assert [sorted(each) for each in known] == [["marks", "object"], ["object"], []]  # marked, a lesion, neither
    assert known[0]["object"][60:120, 80:160].all()
    assert (known[0]["marks"] == operator_marks(data.images[0])).all()
