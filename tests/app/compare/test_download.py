"""The name in Compare's PNG and SVG: of an own file never the file's, which often names a patient."""

from types import SimpleNamespace

import numpy as np
import pytest

from gam_viz.app.compare.download import _picture_title
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
