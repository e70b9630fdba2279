"""The Compare page's states: sample, upload, bad upload, language, target, settings, links."""

import io

import numpy as np
import pytest
import streamlit as st
from PIL import Image
from streamlit.testing.v1 import AppTest

from gam_viz.explain.attributions import METHODS
from tests.app.reading import plain


def png(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def picture(seed: int = 0, size: tuple[int, int] = (40, 50)) -> tuple[str, bytes, str]:
    pixels = np.random.default_rng(seed).integers(0, 256, (*size, 3)).astype(np.uint8)
    return f"picture-{seed}.png", png(pixels), "image/png"


def upload(app: AppTest, *files: tuple[str, bytes, str]) -> AppTest:
    app.run()
    app.segmented_control(key="source").set_value("upload").run()
    return app.file_uploader[0].set_value(list(files)).run()


def captions(app: AppTest) -> str:
    """All sentences of the page."""
    return plain("\n".join(part.value for part in (*app.markdown, *app.caption)))


def headings(app: AppTest) -> str:
    return "\n".join(html.proto.body for html in app.get("html"))  # type: ignore[attr-defined]


def test_the_first_view_needs_nothing(app: AppTest) -> None:
    app.run()
    assert not app.exception
    assert not app.error
    assert app.title[0].value == "Compare"
    assert app.multiselect(key="networks-scenes").value == ["scenes-cbam", "scenes-gam"]
    shown = captions(app)
    assert "8 weights" in shown or "16 weights" in shown  # CBAM's channel weights
    assert "of the weights are negative" in shown  # GAM's
    assert "One mask for all channels" in shown
    assert "convergence" not in shown  # Grad-CAM promises no completeness
    assert "Test accuracy 91.0%" in shown


def test_an_upload_is_explained_like_a_sample(app: AppTest) -> None:
    upload(app, picture(1))
    assert not app.exception
    assert not app.error
    assert "No known label" in captions(app)
    first = captions(app)
    upload_again = app.file_uploader[0].set_value([picture(2)]).run()
    assert captions(upload_again) != first  # another picture, other numbers


def test_an_upload_is_shown_at_once_and_is_still_there_after_a_look_at_the_samples(app: AppTest) -> None:
    app.run()
    app.file_uploader[0].set_value([picture(1)]).run()
    assert app.segmented_control(key="source").value == "upload"
    first = captions(app)
    assert "No known label" in first
    app.segmented_control(key="source").set_value("sample").run()
    assert "No known label" not in captions(app)
    app.segmented_control(key="source").set_value("upload").run()
    assert captions(app) == first


def test_several_uploads_can_be_chosen_from(app: AppTest) -> None:
    upload(app, picture(1), picture(2))
    assert app.selectbox(key="upload").options == ["1. picture-1.png", "2. picture-2.png"]
    first = captions(app)
    app.selectbox(key="upload").select_index(0).run()
    assert captions(app) != first


def test_a_bad_upload_ends_in_one_sentence_and_the_page_lives_on(app: AppTest) -> None:
    half = png(np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8))[:3000]
    upload(app, picture(1))
    for name, data, sentence in (
        ("empty.png", b"", "empty"),
        ("text.jpg", b"this is not a picture, whatever its name says", "not a known picture format"),
        ("half.png", half, "ends before"),
        ("wide.png", png(np.zeros((1, 20_000, 3), np.uint8)), "no side may be longer"),
    ):
        app.file_uploader[0].set_value([(name, data, "image/png"), picture(1)]).run()
        assert not app.exception, name
        assert len(app.error) == 1, name
        assert sentence in app.error[0].value, name
        assert "Traceback" not in app.error[0].value, name
        assert "weights" in captions(app), name  # the good file beside it is shown


def test_a_tiny_or_narrow_picture_is_shown(app: AppTest) -> None:
    app.run()
    for size in ((1, 1), (1, 3000), (2, 2)):
        app.file_uploader[0].set_value([picture(3, size)]).run()
        assert app.segmented_control(key="source").value == "upload"
        assert "No known label" in captions(app), size
        assert not app.exception, size
        assert not app.error, size
        assert "weights" in captions(app), size


def test_too_many_files_are_refused(app: AppTest) -> None:
    upload(app, *(picture(seed, (2, 2)) for seed in range(21)))
    assert not app.exception
    assert "21 files are too many" in app.error[0].value


def test_everything_is_there_in_chinese(app: AppTest) -> None:
    app.query_params["lang"] = "zh"
    app.run()
    assert not app.exception
    assert app.title[0].value == "对比"
    assert "的权重为负" in captions(app)


def test_a_target_for_all_networks(app: AppTest) -> None:
    app.run()
    app.selectbox(key="target").set_value("key").run()
    assert not app.exception
    assert headings(app).count(" · for key") == 2
    assert app.query_params["target"] == "key"


def test_a_link_reopens_the_view(app: AppTest) -> None:
    for key, value in {
        "data": "cifar10",
        "networks-cifar10": "cifar10-none,cifar10-gam_sigmoid",
        "sample": "photo-cat",
        "layer": "layer1.1",
        "reduction": "top",
        "methods": "saliency,gradcam",
        "row": "3",
    }.items():
        app.query_params[key] = value
    app.run()
    assert not app.exception
    assert app.multiselect(key="networks-cifar10").value == ["cifar10-none", "cifar10-gam_sigmoid"]
    assert app.selectbox(key="sample").value == "photo-cat"
    assert app.radio(key="layer").value == "layer1.1"
    assert app.number_input(key="row").value == 3
    assert "has no channel gate here" in captions(app)
    assert "Mean mask of channels" in captions(app)


def test_nonsense_in_a_link_falls_back_to_the_defaults(app: AppTest) -> None:
    for key in ("data", "networks-scenes", "sample", "layer", "reduction", "methods", "row", "lang", "target"):
        app.query_params[key] = "<script>"
    app.run()
    assert not app.exception
    assert app.multiselect(key="networks-scenes").value == ["scenes-cbam", "scenes-gam"]
    assert "weights" in captions(app)


def test_display_settings_compute_nothing_anew(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    app.run()

    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("computed again")

    monkeypatch.setattr("gam_viz.app.shared.explanations.explain", forbidden)
    monkeypatch.setattr("gam_viz.app.shared.explanations.attribute_each", forbidden)
    app.segmented_control(key="opacity").set_value("20")
    app.selectbox(key="reduction").set_value("spread")
    app.selectbox(key="colours").set_value("cividis").run()
    assert "the spread of" in captions(app)
    app.radio(key="layer").set_value("layer2.0")
    app.number_input(key="row").set_value(1).run()
    app.selectbox(key="spatial-scale").set_value("own")
    app.selectbox(key="channel-scale").set_value("own").run()
    assert not app.exception
    assert "cannot be compared" in captions(app)


def test_the_cell_is_read_at_its_place(app: AppTest) -> None:
    app.query_params["row"] = "2"
    app.run()
    app.number_input(key="column").set_value(5).run()
    assert "At row 2, column 5" in captions(app)


def test_a_link_that_names_a_method_twice_shows_it_once(app: AppTest) -> None:
    app.query_params["methods"] = "saliency,nope,saliency"
    app.run()
    assert not app.exception
    assert app.multiselect(key="methods").value == ["saliency"]


def test_every_method_can_be_chosen(app: AppTest) -> None:
    app.run()
    assert len(app.multiselect(key="methods").options) == len(METHODS) >= 10
    app.multiselect(key="methods").set_value(list(METHODS)).run()
    assert not app.exception
    shown = captions(app)
    assert shown.count("convergence delta") >= 2
    assert len(app.warning) == sum(1 for method in METHODS.values() if method.caution)
    app.multiselect(key="methods").set_value([]).run()
    assert "Choose a method." in [info.value for info in app.info]


def test_four_networks_stand_side_by_side(app: AppTest) -> None:
    app.query_params["networks-scenes"] = ",".join(f"scenes-{n}" for n in ("none", "cbam", "gam", "gam_sigmoid"))
    app.run()
    assert not app.exception
    assert "GAM, channel sigmoid" in headings(app)


def test_no_checkpoints_is_said(app: AppTest, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "broken.safetensors").write_bytes(b"nothing")
    monkeypatch.setenv("GAM_VIZ_CHECKPOINTS", str(tmp_path))
    app.run()
    assert not app.exception
    assert "broken.safetensors" in app.warning[0].value
    assert "There is no network in the checkpoints folder" in app.error[0].value


def test_the_place_on_the_picture_stays_when_the_map_changes_its_size(app: AppTest) -> None:
    app.query_params["layer"] = "layer3.1"
    app.run()
    rows = app.number_input(key="row").max + 1
    app.number_input(key="row").set_value(rows - 1)
    app.number_input(key="column").set_value(0).run()
    app.radio(key="layer").set_value("layer1.0").run()
    larger = app.number_input(key="row").max + 1
    assert larger > rows
    assert app.number_input(key="row").value // (larger // rows) == rows - 1  # a finer cell within the same one
    assert app.number_input(key="column").value // (larger // rows) == 0
    app.radio(key="layer").set_value("layer3.1").run()
    assert (app.number_input(key="row").value, app.number_input(key="column").value) == (rows - 1, 0)


def test_the_lead_follows_the_layer(app: AppTest) -> None:
    app.run()
    (lead,) = (plain(part.value) for part in app.markdown if "In layer3.1, " in part.value)
    app.radio(key="layer").set_value("layer1.0").run()
    assert "In layer1.0, " in captions(app)
    assert lead not in captions(app)


def test_tests_of_maps_are_counted_where_they_were_asked_for_and_lead_to_them(app: AppTest) -> None:
    app.query_params["badges"] = "on"
    app.run()
    assert not app.exception
    links = {link.proto.label: link.proto.query_string for link in app.get("page_link")}  # type: ignore[attr-defined]
    (faithful,) = (label for label in links if label.endswith("maps are faithful"))
    badges = [element.value for element in app.markdown if "-badge[" in element.value]
    assert len(badges) == 4  # a mask and Grad-CAM, of two networks
    assert int(faithful.split()[0]) <= int(faithful.split()[2])
    assert int(faithful.split()[2]) > len(badges)  # of every layer
    assert "question=faithful" in links[faithful]
    reasons = [element.help for element in app.markdown if "-badge[" in element.value]
    assert all(reason.count("\n\n**") == 1 for reason in reasons)  # two measures
    assert all("(limit 0.05)" in reason for reason in reasons if "beats" in reason)


def test_a_picture_of_one_pixel_and_a_title_in_arabic_stand(app: AppTest) -> None:
    upload(app, ("صورة من البحر.png", png(np.zeros((40, 1, 3), np.uint8)), "image/png"))
    assert not app.exception
    assert not app.error
    assert "صورة من البحر" in headings(app)
    assert "aspect-ratio:1" in headings(app)  # what the networks saw


def test_a_figure_is_called_after_the_layer_that_it_shows(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    button, names = st.download_button, {}

    def named(label: str, data: object, name: str, *given: object, **options: str) -> bool:
        names[options["key"]] = name
        return bool(button(label, data, name, *given, **options))  # type: ignore[call-overload]

    monkeypatch.setattr(st, "download_button", named)
    app.run()
    assert names["download-svg"].endswith("_scenes-gam_layer3.1.svg")
    app.radio(key="layer").set_value("layer1.0").run()
    figures = {names[f"download-{form}"].rpartition("_")[2] for form in ("png", "svg")}
    assert figures == {"layer1.0.png", "layer1.0.svg"}
    assert "layer" not in names["download-npz"] + names["download-csv"]  # these hold every layer
