"""Pictures of many bands, and inputs that are no squares: planted, and found on the pages and in the report."""

import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import gam_viz
from gam_viz.app.shared.own_networks.live import Exhibit, put_up, take_down
from gam_viz.evidence.case import CaseSettings
from gam_viz.evidence.faithfulness import Settings
from gam_viz.images.formats.raster.stack import as_tiff
from gam_viz.images.given import given_pictures
from gam_viz.notebook.opening import Said, open_networks
from tests.app.conftest import APP
from tests.app.reading import plain
from tests.app.visiting import visit
from tests.networks_of_others import Spotlight

NAMES = ("dark", "bright")
FOUR = {"classes": NAMES, "size": 32, "mean": (0.0,) * 4, "std": (1.0,) * 4}
WIDE = {"classes": NAMES, "size": (16, 32), "mean": (0.0,) * 3, "std": (1.0,) * 3}


def four_bands(*, bright: bool) -> np.ndarray:
    """(4, 32, 32) uint16: noise in three bands, and in the fourth a bright block at the lower left, or nothing."""
    values = np.random.default_rng(0).integers(0, 65536, (4, 32, 32)).astype(np.uint16)
    values[3] = 0
    values[3, 20:28, 4:12] = 65535 * bright
    return values


def wide(column: int) -> np.ndarray:
    """(16, 32, 3): black, with something bright four pixels wide."""
    pixels = np.zeros((16, 32, 3), np.uint8)
    pixels[8:12, column : column + 4] = 255
    return pixels


@pytest.fixture
def opened(checkpoint_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    monkeypatch.setenv("GAM_VIZ_CHECKPOINTS", str(checkpoint_folder))

    def go(network: Spotlight, said: dict, pictures: object, page: str = "compare", **link: str) -> AppTest:
        put_up("bands", Exhibit(open_networks({"net": network}, Said(**said)), given_pictures(pictures)))
        app = visit(AppTest.from_file(str(APP), default_timeout=120), page)
        for key, value in {"show": "bands", **link}.items():
            app.query_params[key] = value
        return app.run()

    yield go
    take_down("bands")


def said(app: AppTest) -> str:
    headings = [each.proto.body for each in app.get("html")]
    values = [str(each.value) for each in (*app.caption, *app.markdown, *app.error, *app.warning)]
    return plain("\n".join([*headings, *values]))


@pytest.mark.parametrize(("bright", "answer"), [(True, "bright"), (False, "dark")])
def test_an_answer_that_hangs_on_the_fourth_band_is_the_page_s(opened, bright: bool, answer: str) -> None:
    app = opened(Spotlight(4, 3), FOUR, [four_bands(bright=bright)])
    assert not app.exception
    assert f"Predicts {answer}." in said(app)
    assert "The network is given all 4 bands (1, 2, 3, 4), their values divided by 65535." in said(app)


@pytest.mark.parametrize(
    ("page", "link"),
    [("compare", {}), ("inside", {"inside": "pixel", "try-level": "picture"}), ("evidence", {"question": "faithful"})],
)
def test_every_page_draws_a_network_of_four_bands_whichever_are_shown(opened, page: str, link: dict) -> None:
    app = opened(Spotlight(4, 3), FOUR, [four_bands(bright=True)], page, look="b4_3_1", **link)
    assert not app.exception
    assert ("Predicts bright." if page == "compare" else "bright, 9") in said(app)
    chosen = {box.label: box.value for box in app.selectbox if box.label in ("Red", "Green", "Blue")}
    assert chosen == {"Red": "4", "Green": "3", "Blue": "1"}
    assert "look" in app.query_params
    assert ("A colour for a pixel of many bands" in said(app)) == (page == "inside")


def test_a_network_of_unknown_pictures_has_no_test_set_and_is_told_of_the_audit(opened) -> None:
    app = opened(Spotlight(), WIDE, [wide(20)], "evidence", question="depend")
    assert not app.exception
    assert any("there is no test set" in info.value and "gam-viz audit" in info.value for info in app.info)


def test_a_picture_of_four_bands_for_a_network_of_five_is_said_in_the_reader_s_language(opened) -> None:
    five = FOUR | {"mean": (0.0,) * 5, "std": (1.0,) * 5}
    for language, sentence in (("en", "takes 5 channels, and the picture has 4 bands"), ("zh", "网络需要 5 个通道")):
        app = opened(Spotlight(5), five, [four_bands(bright=True)], lang=language)
        assert not app.exception
        assert any(sentence in error.value for error in app.error)


def test_the_report_is_about_the_fourth_band(tmp_path: Path) -> None:
    quick = CaseSettings(faithfulness=Settings(steps=4, orders=5))
    for bright in (True, False):
        out = gam_viz.report(Spotlight(4, 3), four_bands(bright=bright), tmp_path / "r.zip", settings=quick, **FOUR)
        with zipfile.ZipFile(out) as archive:
            page = archive.read(next(name for name in archive.namelist() if name.endswith(".html"))).decode()
            manifest = json.loads(archive.read("manifest.json"))
        assert "all 4 bands (1, 2, 3, 4), their values divided by 65535" in page
        assert manifest["provenance"]["networks"][0]["predicted"] == NAMES[bright]


def test_gates_and_explanations_of_bands_are_those_of_the_tensor() -> None:
    values = four_bands(bright=True)
    gates = gam_viz.gates(Spotlight(4, 3), values, **FOUR)
    (mask,) = gates
    assert np.unravel_index(mask.values[0].argmax(), (8, 8)) == (5, 1)
    assert gates.seen.shape == (32, 32, 3)
    assert gates.plot() is not None
    assert gam_viz.explain(Spotlight(4, 3), values, **FOUR).predicted == 1
    assert gam_viz.explain(Spotlight(4, 3), four_bands(bright=False), **FOUR).predicted == 0


def test_a_bright_thing_right_of_the_centre_lies_there_in_every_map(opened) -> None:
    (mask,) = gam_viz.gates(Spotlight(), wide(20), **WIDE)
    assert mask.values.shape == (1, 4, 8)
    assert np.unravel_index(mask.values[0].argmax(), (4, 8)) == (2, 5)
    for page, link in (("compare", {}), ("inside", {"inside": "pixel"}), ("evidence", {"question": "faithful"})):
        app = opened(Spotlight(), WIDE, [wide(20)], page, **link)
        assert not app.exception
        assert ("Predicts bright." if page == "compare" else "bright, 9") in said(app)


def test_uploaded_bands_are_judged_beside_each_other(opened) -> None:
    app = opened(Spotlight(4, 3), FOUR, [four_bands(bright=True)], "my_pictures")
    files = [(f"{name}.tif", np.moveaxis(four_bands(bright=name == "bright"), 0, 2)) for name in NAMES]
    files.append(("five.tif", np.zeros((32, 32, 5), np.uint8)))
    app.file_uploader[0].set_value([(name, as_tiff(values), "image/tiff") for name, values in files]).run()
    assert not app.exception
    assert any("takes 4 channels, and the picture has 5 bands" in warning.value for warning in app.warning)
    table = "".join(element.proto.body for element in app.get("html"))
    assert re.findall(r"(dark|bright)\D+(?:99|100)", re.sub(r"<[^>]+>", " ", table)) == [
        *NAMES,
        "bright",  # the picture that was handed over
    ]
