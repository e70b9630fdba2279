"""What the readers of headers keep of a file, and what they say of one that holds no picture."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

from gam_viz.images import Limits, PictureError
from gam_viz.images.formats.avif import read_avif
from gam_viz.images.formats.dicom.pixels import _fragments
from gam_viz.images.formats.jpeg import read_jpeg
from gam_viz.images.formats.to_rgb import _scale_sixteen_bits
from gam_viz.images.rendering import Rendering


def box(kind: bytes, content: bytes = b"", announced: int | None = None) -> bytes:
    return struct.pack(">I", 8 + len(content) if announced is None else announced) + kind + content


@pytest.mark.parametrize(("announced", "code"), [(None, "damaged"), (4000, "truncated")])
def test_an_avif_without_a_picture_is_damaged_and_one_that_ends_before_it_is_truncated(
    announced: int | None, code: str
) -> None:
    data = box(b"ftyp", b"avif\0\0\0\0avif") + box(b"mdat", b"\0" * 16, announced)
    with pytest.raises(PictureError) as caught:
        read_avif(data, Limits(), 0)
    assert caught.value.code == code


def test_of_a_jpegs_segments_those_the_decoder_needs_are_kept() -> None:
    """APP0 and APP14 say how colours are stored; thumbnails, comments and makers' notes say nothing of the pixels."""
    file = io.BytesIO()
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(file, "JPEG")
    plain = file.getvalue()

    def segment(marker: int, content: bytes) -> bytes:
        return bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content

    kept = [segment(0xEE, b"Adobe" + bytes(7))]
    left = [segment(marker, b"left out %d" % marker) for marker in (0xE1, 0xE5, 0xED, 0xEF, 0xFE)]
    data = plain[:2] + b"".join(kept + left) + plain[2:]
    found = read_jpeg(data, Limits(), 0)
    assert found.data == plain[:2] + b"".join(kept) + plain[2:]
    assert found.size == (8, 8)


def test_pieces_of_compressed_pixels_are_counted_to_the_last_whole_header() -> None:
    item = struct.pack("<HHI", 0xFFFE, 0xE000, 4) + b"abcd"
    empty = struct.pack("<HHI", 0xFFFE, 0xE000, 0)
    assert _fragments(item + item) == 2
    assert _fragments(item + empty) == 2  # ends with its header
    assert _fragments(item + empty[:7]) == 1
    assert _fragments(item + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)) == 1


def test_deep_grey_of_either_of_pillows_kinds_is_scaled_alike() -> None:
    values = np.array([[-5, 0, 30_000], [65_535, 70_000, 100]], np.int32)
    wide, _ = _scale_sixteen_bits(Image.fromarray(values), Rendering(), inverted=False)
    clipped = np.clip(values, 0, 65_535).astype(np.uint16)
    deep, _ = _scale_sixteen_bits(Image.fromarray(clipped), Rendering(), inverted=False)
    np.testing.assert_array_equal(wide, deep)
    assert (wide.min(), wide.max()) == (0, 255)
