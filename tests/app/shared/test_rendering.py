"""How an uploaded file is looked at: windows, frames, bands, percentiles, a part; in the URL, kept for each file."""

import hashlib
import io
import re
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid
from rasterio.io import MemoryFile
from rasterio.transform import Affine
from streamlit.testing.v1 import AppTest

from gam_viz.app.shared.rendering.ends import span_of
from gam_viz.app.shared.rendering.facts import fact_text
from gam_viz.app.shared.rendering.part import region_of_box
from gam_viz.app.shared.words import picture_sentence, speaking
from gam_viz.images import Fact, Picture, PictureError
from gam_viz.titles import JOINER, literal
from tests.app.visiting import visit

PATIENT = "Doe^Jane"
MARKUP = re.compile(r"(?<!\\)\]\(")  # the middle of a link or a picture


def dicom(values: np.ndarray, **tags: Any) -> bytes:
    """A file of (rows, columns) or (frames, rows, columns), which says who is on it."""
    frames = values if values.ndim == 3 else values[None]
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = CTImageStorage
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = generate_uid(entropy_srcs=["looks"])
    data.PatientName, data.Modality = PATIENT, "CT"
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.Rows, data.Columns = frames.shape[1:]
    data.NumberOfFrames = len(frames)
    data.BitsAllocated = data.BitsStored = 16
    data.HighBit, data.PixelRepresentation = 15, 1
    data.PixelData = frames.astype("<i2").tobytes()
    for name, value in tags.items():
        setattr(data, name, value)
    out = io.BytesIO()
    data.save_as(out, enforce_file_format=True)
    return out.getvalue()


def geotiff(values: np.ndarray, names: tuple[str, ...] = ()) -> bytes:
    """A file of (bands, H, W)."""
    count, height, width = values.shape
    place = {"crs": "EPSG:32632", "transform": Affine(10, 0, 500_000, 0, -10, 5_400_000)}
    with MemoryFile() as memory:
        with memory.open(
            driver="GTiff", count=count, height=height, width=width, dtype=values.dtype.name, **place
        ) as file:
            file.write(values)
            for number, name in enumerate(names, start=1):
                file.set_band_description(number, name)
        return bytes(memory.getbuffer())


DICE = np.random.default_rng(7)
CT = dicom(np.linspace(-1000, 1000, 40 * 40).reshape(40, 40).round(), PixelSpacing=[0.5, 0.25])
WINDOWED = dicom(DICE.integers(0, 900, (32, 32)), Modality="MR", WindowCenter=[500, 100], WindowWidth=[600, 50])
CINE = dicom(DICE.integers(-500, 500, (5, 24, 24)))
BANDS = geotiff(DICE.integers(100, 4000, (4, 80, 120)).astype("uint16"), ("blue", "green", "red", "nir"))


# What every page about a picture does, without networks' answers.
BAR = """
from gam_viz.app.shared import state
from gam_viz.app.shared.words import language

state.arrive("bar", language())

import streamlit as st

from gam_viz.app.shared.rendering.bar import look_bar
from gam_viz.app.shared.rendering.facts import facts_of, notes_of
from tests.app.visiting import visit
from gam_viz.app.shared.masthead import choose_language
from gam_viz.app.shared.sidebar import sidebar

choose_language()
selection = sidebar()
if selection is not None:
    st.session_state["seen"] = selection.picture
    look_bar(selection.source, selection.picture, selection.title)
    if selection.source is not None:
        for said in (*facts_of(selection.source), *notes_of(selection.picture)):
            st.caption(said)
"""


@pytest.fixture
def bar(app: AppTest) -> AppTest:
    """A page of nothing but the sidebar and the bar, before its first run."""
    return AppTest.from_string(BAR, default_timeout=60)


def grey16() -> bytes:
    out = io.BytesIO()
    Image.fromarray(DICE.integers(2000, 9000, (30, 30)).astype("uint16")).save(out, "PNG")
    return out.getvalue()


GREY = grey16()


def upload(app: AppTest, *files: tuple[str, bytes]) -> AppTest:
    app.run()
    app.file_uploader[0].set_value([(name, data, "application/octet-stream") for name, data in files]).run()
    assert not app.exception
    return app


def key(name: str, data: bytes) -> str:
    return f"look-{name}-{hashlib.sha256(data).hexdigest()[:12]}"


def captions(app: AppTest) -> str:
    return "\n".join(caption.value for caption in app.caption).replace("\\", "")


def seen(app: AppTest) -> Picture:
    """The picture that is looked at; on the whole page, the one that was rendered last."""
    if "seen" in app.session_state:
        return app.session_state["seen"]  # type: ignore[no-any-return]
    return list(app.session_state["cache-pictures"].values())[-1]  # type: ignore[no-any-return]


def explained(app: AppTest) -> int:
    """How many networks' predictions are kept: one more for each network and each picture that differs."""
    return len(app.session_state["cache-explanations"]) if "cache-explanations" in app.session_state else 0


# ---- windows -------------------------------------------------------------------------------------------------------


def test_a_window_changes_what_the_networks_see_and_going_back_computes_nothing(app: AppTest) -> None:
    upload(app, ("scan.dcm", CT))
    assert "look" not in app.query_params
    assert app.number_input(key=key("centre", CT)).value == 0
    assert app.number_input(key=key("width", CT)).value == 2000
    before, whole, said = explained(app), seen(app), captions(app)
    assert "Stored as MONOCHROME2" in said
    assert "not a medical device" in said
    app.segmented_control(key=key("window", CT)).set_value("lung").run()
    assert not app.exception
    assert app.query_params["look"] == "wlung"
    assert (app.number_input(key=key("centre", CT)).value, app.number_input(key=key("width", CT)).value) == (-600, 1500)
    assert app.slider(key=key("ends", CT)).value == (-1350, 150)
    lung = seen(app)
    assert lung.key != whole.key
    # Black at centre - width / 2, white at centre + width / 2, but for the half unit of the standard's function.
    values = np.linspace(-1000, 1000, 1600).round()
    grey = np.clip((values + 600.5 + 1499 / 2) / 1499, 0, 1) * 255
    assert np.abs(lung.pixels[..., 0].ravel() - grey).max() <= 1
    assert explained(app) == before + 2
    assert captions(app) != said  # gates and attributions are those of the other picture
    app.segmented_control(key=key("window", CT)).set_value("minmax").run()
    assert explained(app) == before + 2
    assert captions(app) == said
    assert "look" not in app.query_params


def test_ends_and_numbers_are_twins_and_set_the_window_by_hand(bar: AppTest) -> None:
    upload(bar, ("scan.dcm", CT))
    assert bar.slider(key=key("ends", CT)).label == "From black to white (HU)"
    bar.slider(key=key("ends", CT)).set_range(-400, 600).run()
    assert bar.query_params["look"] == "w100_1000"
    assert bar.segmented_control(key=key("window", CT)).value == "hand"
    assert bar.segmented_control(key=key("window", CT)).options[-2:] == ["Percentiles", "By hand"]  # nothing jumps
    assert bar.number_input(key=key("centre", CT)).value == 100
    bar.number_input(key=key("width", CT)).set_value(200.0).run()
    assert bar.slider(key=key("ends", CT)).value == (0, 200)
    assert seen(bar).rendering == "w100_200"
    bar.button(key=key("reset", CT)).click().run()
    assert "look" not in bar.query_params
    assert bar.button(key=key("reset", CT)).disabled


def test_a_window_without_width_is_refused_in_a_sentence_and_changes_nothing(bar: AppTest) -> None:
    upload(bar, ("scan.dcm", CT))
    bar.number_input(key=key("width", CT)).set_value(0.0).run()
    assert not bar.exception
    assert "a finite width above 0 are needed" in bar.warning[0].value
    assert bar.number_input(key=key("width", CT)).value == 2000
    bar.number_input(key=key("width", CT)).set_value(10.0).run()
    assert not bar.warning


def test_the_files_own_windows_come_first(bar: AppTest) -> None:
    upload(bar, ("mr.dcm", WINDOWED))
    choice = bar.segmented_control(key=key("window", WINDOWED))
    assert choice.value == "file:0"
    assert choice.options == ["File's own 1", "File's own 2", "Min–max", "Percentiles", "By hand"]
    assert bar.slider(key=key("ends", WINDOWED)).value == (200, 800)
    assert bar.slider(key=key("ends", WINDOWED)).label == "From black to white"  # no Hounsfield units
    choice.set_value("file:1").run()
    assert bar.query_params["look"] == "wfile.1"
    assert "The window File's own 2 was applied: centre 100, width 50." in captions(bar)


def test_percentiles_of_a_grey_picture_of_16_bits(bar: AppTest) -> None:
    upload(bar, ("deep.png", GREY))
    assert bar.segmented_control(key=key("window", GREY)).value == "minmax"
    bar.segmented_control(key=key("window", GREY)).set_value("percentiles").run()
    assert seen(bar).rendering == "s2_98"
    bar.number_input(key=key("percent-low", GREY)).set_value(10.0).run()
    assert seen(bar).rendering == "s10_98"
    bar.slider(key=key("percentiles", GREY)).set_range(50, 50).run()
    assert "0 <= low < high <= 100 is needed" in bar.warning[0].value.replace("\\", "")
    assert seen(bar).rendering == "s10_98"
    bar.segmented_control(key=key("window", GREY)).set_value("full").run()
    assert bar.number_input(key=key("white", GREY)).value == 65_535


# ---- frames --------------------------------------------------------------------------------------------------------


def test_frames(bar: AppTest) -> None:
    upload(bar, ("cine.dcm", CINE))
    bar.slider(key=key("frame", CINE)).set_value(4).run()
    assert bar.query_params["look"] == "f3"
    assert "Of the file's 5 pictures, number 4 is shown." in captions(bar)
    bar.segmented_control(key=key("window", CINE)).set_value("bone").run()
    bar.slider(key=key("frame", CINE)).set_value(2).run()
    assert bar.query_params["look"] == "f1~wbone"  # the window stays


def test_pages_of_other_sizes_and_bands_are_shown_in_their_own_way(bar: AppTest) -> None:
    out = io.BytesIO()
    with tifffile.TiffWriter(out) as file:
        file.write(DICE.integers(0, 5000, (100, 90)).astype("float32"))
        file.write(DICE.integers(0, 5000, (20, 30)).astype("float32"))
    pages = out.getvalue()
    upload(bar, ("pages.tif", pages))
    bar.segmented_control(key=key("part", pages)).set_value("part").run()
    assert bar.query_params["look"] == "r22_25_68_75"
    bar.slider(key=key("frame", pages)).set_value(2).run()
    assert not bar.exception
    assert bar.query_params["look"] == "f1"
    assert seen(bar).pixels.shape[:2] == (20, 30)


# ---- rasters -------------------------------------------------------------------------------------------------------


def test_bands_by_name_and_by_number(bar: AppTest) -> None:
    upload(bar, ("sentinel.tif", BANDS))
    colours = bar.segmented_control(key=key("colours", BANDS))
    assert colours.value == "natural"
    assert colours.options == ["Natural", "Infrared", "One band"]
    assert bar.selectbox(key=key("red", BANDS)).options == ["1 · blue", "2 · green", "3 · red", "4 · nir"]
    natural = seen(bar)
    colours.set_value("infrared").run()
    assert bar.query_params["look"] == "b4_3_2"
    np.testing.assert_array_equal(seen(bar).pixels[..., 1], natural.pixels[..., 0])
    bar.selectbox(key=key("blue", BANDS)).set_value("1").run()
    assert bar.query_params["look"] == "b4_3_1"
    assert bar.segmented_control(key=key("colours", BANDS)).value == "three"
    bar.segmented_control(key=key("colours", BANDS)).set_value("single").run()
    assert bar.query_params["look"] == "b4_4_4"
    bar.selectbox(key=key("grey", BANDS)).set_value("2").run()
    assert "Of 4 bands, green is shown." in captions(bar)
    bar.segmented_control(key=key("colours", BANDS)).set_value("natural").run()
    assert "look" not in bar.query_params


def test_values_of_a_raster_by_hand_begin_where_its_percentiles_lie(bar: AppTest) -> None:
    upload(bar, ("sentinel.tif", BANDS))
    assert bar.slider(key=key("percentiles", BANDS)).value == (2, 98)
    bar.segmented_control(key=key("window", BANDS)).set_value("hand").run()
    black, white = (bar.number_input(key=key(name, BANDS)).value for name in ("black", "white"))
    assert 100 < black < 300
    assert 3800 < white < 4000
    bar.number_input(key=key("black", BANDS)).set_value(1000.0).run()
    assert bar.number_input(key=key("black", BANDS)).value == pytest.approx(1000)
    bar.segmented_control(key=key("window", BANDS)).set_value("percentiles").run()
    assert "look" not in bar.query_params


def test_a_part_of_a_raster_and_the_whole_again(bar: AppTest) -> None:
    upload(bar, ("sentinel.tif", BANDS))
    bar.segmented_control(key=key("part", BANDS)).set_value("part").run()
    assert bar.query_params["look"] == "r30_20_90_60"
    assert seen(bar).pixels.shape[:2] == (40, 60)
    assert any("a box from 30 to 90 across" in chart.proto.alt for chart in bar.get("plotly_chart"))  # type: ignore[attr-defined]
    bar.number_input(key=key("left", BANDS)).set_value(50).run()
    assert bar.query_params["look"] == "r50_20_90_60"
    bar.number_input(key=key("right", BANDS)).set_value(40).run()
    assert "left < right and top < bottom" in bar.warning[0].value.replace("\\", "")
    assert bar.number_input(key=key("right", BANDS)).value == 90
    bar.segmented_control(key=key("part", BANDS)).set_value("whole").run()
    assert "look" not in bar.query_params
    bar.segmented_control(key=key("part", BANDS)).set_value("part").run()
    assert bar.query_params["look"] == "r50_20_90_60"  # as it was left


@pytest.mark.parametrize(
    ("across", "down", "region"),
    [
        ([0.75, 0.25], [0.1, 0.9], (50, 10, 150, 90)),
        ([-1, 3], [-0.5, 0.5], (0, 0, 200, 50)),
        ([0.5, 0.5001], [1, 1], (100, 99, 101, 100)),
    ],
)
def test_a_box_drawn_on_the_overview_is_a_part_of_whole_pixels(
    across: list[float], down: list[float], region: tuple[int, int, int, int]
) -> None:
    assert region_of_box(across, down, 200, 100) == region


# ---- files and links -----------------------------------------------------------------------------------------------


def test_each_file_keeps_its_look(bar: AppTest) -> None:
    upload(bar, ("scan.dcm", CT), ("sentinel.tif", BANDS))
    bar.selectbox(key=key("red", BANDS)).set_value("4").run()
    assert bar.query_params["look"] == "b4_2_1"
    choice = bar.selectbox(key="upload")
    first, second = hashlib.sha256(CT).hexdigest()[:12], hashlib.sha256(BANDS).hexdigest()[:12]
    choice.set_value(first).run()
    assert "look" not in bar.query_params
    bar.segmented_control(key=key("window", CT)).set_value("brain").run()
    bar.selectbox(key="upload").set_value(second).run()
    assert bar.query_params["look"] == "b4_2_1"
    bar.selectbox(key="upload").set_value(first).run()
    assert bar.query_params["look"] == "wbrain"
    assert bar.segmented_control(key=key("window", CT)).value == "brain"


def test_a_look_survives_another_page(app: AppTest) -> None:
    upload(app, ("scan.dcm", CT))
    app.segmented_control(key=key("window", CT)).set_value("bone").run()
    visit(app, "networks").run()
    app.query_params.clear()
    visit(app, "compare").run()
    assert not app.exception
    assert app.segmented_control(key=key("window", CT)).value == "bone"
    assert app.query_params["look"] == "wbone"


def test_a_link_opens_its_look(bar: AppTest) -> None:
    bar.query_params["source"] = "upload"
    bar.query_params["upload"] = hashlib.sha256(CT).hexdigest()[:12]
    bar.query_params["look"] = "w40_400"
    upload(bar, ("scan.dcm", CT))
    assert not bar.warning
    assert seen(bar).rendering == "w40_400"
    assert bar.number_input(key=key("width", CT)).value == 400


def test_a_link_waits_for_the_file_that_it_names(bar: AppTest) -> None:
    bar.query_params["source"] = "upload"
    bar.query_params["upload"] = hashlib.sha256(CT).hexdigest()[:12]
    bar.query_params["look"] = "wlung"
    upload(bar, ("sentinel.tif", BANDS))
    assert not bar.warning
    assert "look" not in bar.query_params
    bar.file_uploader[0].set_value([("scan.dcm", CT, "application/dicom")]).run()
    assert seen(bar).rendering == "wlung"


@pytest.mark.parametrize(
    ("look", "said"),
    [
        ("b3_2_1", "which this file does not offer"),
        ("f9", "the file offers 0 to 0"),
        ("wnasal", "The window nasal was requested"),
        ("![x](http://127.0.0.1/x)", "cannot be read"),
        ("w0_0", "a finite width above 0"),
        ("~" * 500, "cannot be read"),
    ],
)
def test_an_impossible_look_gives_way_to_the_files_own_with_a_sentence(bar: AppTest, look: str, said: str) -> None:
    bar.query_params["source"] = "upload"
    bar.query_params["look"] = look
    upload(bar, ("scan.dcm", CT))
    assert len(bar.warning) == 1
    assert said in bar.warning[0].value
    assert not MARKUP.search(bar.warning[0].value)  # nothing for the browser to fetch
    assert seen(bar).rendering == "wminmax"
    assert "look" not in bar.query_params
    bar.segmented_control(key=key("window", CT)).set_value("lung").run()
    assert not bar.warning


def test_ordinary_pictures_have_nothing_to_choose(bar: AppTest) -> None:
    out = io.BytesIO()
    Image.fromarray(DICE.integers(0, 256, (20, 20, 3)).astype("uint8")).save(out, "PNG")
    upload(bar, ("plain.png", out.getvalue()))
    widgets = [*bar.slider, *bar.segmented_control, *bar.selectbox, *bar.number_input, *bar.button]
    assert not [widget.key for widget in widgets if str(widget.key).startswith("look-")]


# ---- what is said --------------------------------------------------------------------------------------------------


def test_what_the_file_says_is_told_and_the_patient_is_not(bar: AppTest) -> None:
    upload(bar, ("scan.dcm", CT))
    said = captions(bar)
    assert "DICOM · Modality CT · 40 x 40 pixels · 16 bits per value" in said
    assert "A pixel is 0.5 mm high and 0.25 mm wide" in said
    assert "Stored as MONOCHROME2" in said
    assert "Doe" not in str(bar.main) + str(bar.sidebar)
    upload(bar, ("sentinel.tif", BANDS))
    said = captions(bar)
    assert "GeoTIFF · 120 x 80 pixels · 4 bands: blue, green, red, nir" in said
    assert "Coordinates: EPSG:32632" in said
    assert "A pixel is 10 x 10 m on the ground" in said


def test_what_a_file_calls_its_bands_is_no_markup(bar: AppTest) -> None:
    data = geotiff(DICE.integers(0, 900, (2, 10, 10)).astype("uint16"), ("![a](http://x.invalid/a)", "b"))
    upload(bar, ("hostile.tif", data))
    shown = "\n".join(caption.value for caption in bar.caption)
    assert "http" in shown
    assert not MARKUP.search(shown)


@pytest.mark.parametrize("data", [CT, WINDOWED, CINE, BANDS, GREY], ids=["ct", "windows", "cine", "bands", "grey"])
def test_in_chinese(bar: AppTest, data: bytes) -> None:
    bar.query_params["lang"] = "zh"
    with speaking("zh"):  # the test words the options itself
        upload(bar, ("file", data))
    assert " 像素" in captions(bar)
    assert "pixels" not in captions(bar)


def test_the_page_in_chinese(app: AppTest) -> None:
    app.query_params["lang"] = "zh"
    with speaking("zh"):
        upload(app, ("scan.dcm", CT))
    assert "检查类型 CT" in captions(app)
    assert "医疗器械" in captions(app)


def test_the_language_may_change_while_a_file_is_looked_at(bar: AppTest) -> None:
    upload(bar, ("sentinel.tif", BANDS))
    bar.selectbox(key=key("red", BANDS)).set_value("4").run()
    bar.segmented_control(key="lang").set_value("zh").run()
    assert not bar.exception
    assert bar.query_params["look"] == "b4_2_1"
    assert bar.segmented_control(key=key("colours", BANDS)).options[0] == "自然色"


def test_phrases_in_an_error_are_translated() -> None:
    with speaking("zh"):
        error = PictureError("too_complex", format="PNG", parts="chunks", count=70_000, limit=65_536)
        assert "数据块" in picture_sentence(error)
        assert "too many" not in picture_sentence(error)
        assert "波段" in picture_sentence(PictureError("not_adjustable", choice="band"))
        assert "0 到 4" in picture_sentence(PictureError("no_such_frame", frame=9, frames="0 to 4"))
        assert "对应地面 10 x 10 米" in fact_text(Fact("ground_resolution", {"x": 10.0, "y": 10.0, "unit": "metre"}))
    with speaking("en"):
        error = PictureError("no_such_frame", frame=9, frames="0 to 4")
        assert picture_sentence(error) == str(error)


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("plain words, 3 x 4.", "plain words, 3 x 4."),
        ("![a](b)", r"!\[a\](b)"),
        (":red[x] :material/home: a: b EPSG:32632", f":{JOINER}red\\[x\\] :{JOINER}material/home: a: b EPSG:32632"),
        ("http://x WWW.x a@b.cd", f"http:{JOINER}//x WWW{JOINER}.x a{JOINER}@b.cd"),
        ("`$x$` **b** <i> a_b \\", r"\`\$x\$\` \*\*b\*\* \<i\> a\_b \\"),
    ],
)
def test_literal(words: str, shown: str) -> None:
    assert literal(words) == shown


@pytest.mark.parametrize(
    ("values", "whole", "low", "high", "step"),
    [
        ((-896, 1167), True, -900, 1180, 20),
        ((0, 65_535), True, 0, 66_000, 500),
        ((0, 3), True, 0, 3, 1),
        ((-1.88, 1.41), False, -1.88, 1.42, 0.02),
        ((5, 5), False, 4.5, 5.5, 0.005),
        ((7, 7), True, 6, 8, 1),
        ((4000, 4000), True, 3996, 4004, 1),
    ],
)
def test_a_slider_spans_its_values_in_round_steps(
    values: tuple[float, float], whole: bool, low: float, high: float, step: float
) -> None:
    span = span_of(values, whole=whole)
    assert (span.low, span.high, span.step) == pytest.approx((low, high, step))


@pytest.mark.parametrize("values", [(-1e300, 1e300), (-1.7e308, 1.7e308), (0, 1e-300), (1e300, 1e300)])
def test_a_slider_of_extreme_values_has_ends(values: tuple[float, float]) -> None:
    span = span_of(values, whole=False)
    assert np.isfinite([span.low, span.high, span.step]).all()
    assert span.low < span.high
