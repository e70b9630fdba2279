"""The name in Compare's PNG and SVG: of an own file never the file's, which often names a patient."""

from types import SimpleNamespace

import numpy as np
import pytest

from gam_viz.app.compare.download import _picture_title
from gam_viz.app.shared.file_names import file_stem
from gam_viz.app.shared.words import speaking
from gam_viz.images import open_source, render
from tests.images.dicom_files import dicom


@pytest.mark.parametrize(("language", "word"), [("en", "picture"), ("zh", "图片")])
def test_an_own_file_is_named_by_its_format_and_digest(language: str, word: str) -> None:
    source = open_source(dicom(np.arange(64, dtype=np.uint8).reshape(8, 8)), "DOE_JOHN_19610203.dcm")
    picture = render(source)
    view = SimpleNamespace(selection=SimpleNamespace(title=picture.name, source=source, picture=picture))
    with speaking(language):
        assert _picture_title(view) == f"DICOM {word} {picture.sha256[:8]}"  # type: ignore[arg-type]


def test_a_sample_keeps_its_title() -> None:
    view = SimpleNamespace(selection=SimpleNamespace(title="A cat", source=None))
    with speaking("en"):
        assert _picture_title(view) == "A cat"  # type: ignore[arg-type]


def test_a_download_is_called_after_the_pictures_kind_the_networks_and_the_layer() -> None:
    subjects = [SimpleNamespace(card=SimpleNamespace(name=f"scenes-{name}")) for name in ("cbam", "gam", "se", "eca")]
    source = open_source(dicom(np.arange(64, dtype=np.uint8).reshape(8, 8)), "DOE_JOHN_19610203.dcm")
    own = SimpleNamespace(source=source, picture=render(source))
    sample = SimpleNamespace(source=None, picture=SimpleNamespace(name="scene-4"))
    two = SimpleNamespace(selection=sample, subjects=subjects[:2])
    assert file_stem(two, "layer3.1") == "gam-viz_scene-4_scenes-cbam_scenes-gam_layer3.1"  # type: ignore[arg-type]
    four = SimpleNamespace(selection=own, subjects=subjects)
    assert file_stem(four) == f"gam-viz_dicom-{own.picture.sha256[:8]}_4-networks"  # type: ignore[arg-type]
