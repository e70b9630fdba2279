"""Whatever bytes there are, a decoder's answer is a picture or a `PictureError`, and nothing else."""

import gzip
import io
from functools import cache

import nibabel
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms
from pydicom.uid import JPEG2000Lossless, JPEGLSLossless, RLELossless

from gam_viz.images import Limits, Picture, PictureError, Rendering, measured_range, open_source, render
from tests.fuzzing import CHANGE, changed, fuzz
from tests.images.dicom_files import dataset, dicom, item, lut, written
from tests.images.test_hostile import valid_files
from tests.images.test_raster import geotiff

SMALL = Limits(pixels=1_000_000, raster_read_bytes=64 * 2**20)


@cache
def seeds() -> list[bytes]:
    """One small valid file of every kind."""
    dice = np.random.default_rng(0)
    grey = dice.integers(0, 4000, (2, 32, 32), np.uint16)
    colour = dice.integers(0, 256, (24, 32, 3), np.uint8)
    found = [bytes(data) for data in valid_files()]
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for format in ("PNG", "JPEG", "TIFF", "WebP"):
        out = io.BytesIO()
        Image.fromarray(colour).save(out, format, icc_profile=srgb.replace(b"rXYZ", b"gXYZ", 1))
        found.append(out.getvalue())
    for format in ("AVIF", "JPEG2000"):
        out = io.BytesIO()
        Image.fromarray(colour).save(out, format)
        found.append(out.getvalue())
    found += [b"P6\n32 24\n255\n" + colour.tobytes(), b"P4\n8 2\n\0\0"]
    found += [dicom(grey, WindowCenter=40, WindowWidth=400), dicom(colour, SamplesPerPixel=3)]
    tables = dataset(
        grey[0], VOILUTSequence=lut(np.arange(100), first=0, bits=8), PhotometricInterpretation="MONOCHROME1"
    )
    tables.PerFrameFunctionalGroupsSequence = [item(FrameVOILUTSequence=[item(WindowCenter=1, WindowWidth=2)])]
    found.append(written(tables))
    for syntax in (RLELossless, JPEGLSLossless, JPEG2000Lossless):
        data = dataset(np.repeat(np.repeat(grey, 2, 1), 2, 2))
        data.compress(syntax, generate_instance_uid=False)
        found.append(written(data))
    palette = dataset(colour[..., 0], PhotometricInterpretation="PALETTE COLOR")
    for name in ("Red", "Green", "Blue"):
        setattr(palette, f"{name}PaletteColorLookupTableDescriptor", [256, 0, 16])
        words = np.array([0, 1, 0, 1, 127, 60_000, 2, 2, 0, 0], "<u2").tobytes()
        setattr(palette, f"Segmented{name}PaletteColorLookupTableData", words)
    found.append(written(palette))
    scan = nibabel.Nifti1Image(grey.astype(np.int16).reshape(32, 32, 2, 1), np.diag([1.0, -1.0, 2.0, 1.0])).to_bytes()
    found += [scan, gzip.compress(scan), written(tables)[132:], b"P2\n4 2\n9\n1 2 3 4 5 6 7 8", b"P1 2 1 01"]
    found += [
        geotiff(grey, nodata=5, names=("red", "b"), photometric="minisblack", compress="deflate"),
        geotiff(dice.normal(0, 1, (3, 20, 20)).astype(np.float32), nodata=np.nan, compress="lzw", predictor=3),
        geotiff(
            colour.transpose(2, 0, 1).copy(),
            compress="jpeg",
            photometric="ycbcr",
            tiled=True,
            blockxsize=16,
            blockysize=16,
        ),
        geotiff(np.zeros((1, 128, 128), np.uint16), overviews=(2, 4), compress="zstd"),
        geotiff(np.zeros((1, 32, 32), np.float32), compress="lerc"),
    ]
    return found


RENDERINGS = st.sampled_from(
    [
        *(None, None, None, Rendering(frame=1), Rendering(window=(40, 400)), Rendering(window="file:0")),
        *(
            Rendering(stretch=(1, 99)),
            Rendering(bands=(1, 1, 1)),
            Rendering(region=(0, 0, 5, 5)),
            Rendering(window="full"),
        ),
    ]
)


def answer(data: bytes, rendering: Rendering | None) -> None:
    try:
        source = open_source(data, "a", SMALL)
        picture = render(source, rendering)
        if source.stretchable:
            low, high = measured_range(source, rendering)
            assert low <= high
    except PictureError as error:
        told = str(error)
        assert told.endswith(".")
        return
    assert isinstance(picture, Picture)
    assert picture.pixels.size <= 3 * SMALL.pixels


@fuzz
@given(st.integers(0, 10**6), st.lists(CHANGE, min_size=1, max_size=5), RENDERINGS)
def test_changed_files(seed: int, changes: list[tuple[float, str, bytes]], rendering: Rendering | None) -> None:
    files = seeds()
    answer(changed(files[seed % len(files)], changes), rendering)


MAGIC = st.sampled_from(
    [
        *(b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08", b"BM", b"P5 "),
        *(b"II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0", bytes(128) + b"DICM", b"\xff\x4f\xff\x51", b"\0\0\0\x18ftypavif"),
        *(b"\0\0\0\x0cjP  \r\n\x87\n", b"RIFF\0\0\0\0WEBPVP8X", b"%!PS-Adobe", b"<VRTDataset>", b""),
    ]
)


@fuzz
@given(MAGIC, st.binary(max_size=300))
def test_made_up_files(magic: bytes, rest: bytes) -> None:
    answer(magic + rest, None)


def test_the_seeds_are_valid() -> None:
    for data in seeds():
        render(open_source(data, "a"))
