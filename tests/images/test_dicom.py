"""DICOM: from stored values to grey, against closed forms and against pydicom's own functions."""

from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_voi_lut, apply_windowing
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from gam_viz.images import Picture, PictureError, Rendering, decode, measured_range, open_source, render
from gam_viz.images.formats.dicom import pixels
from tests.images.dicom_files import dataset, dicom, item, lut, written

RAMP = np.arange(-1024, 3072, dtype=np.int16).reshape(64, 64)  # Hounsfield units, all of them


def grey(picture: Picture) -> np.ndarray:
    assert (picture.pixels[..., 0] == picture.pixels[..., 1]).all()
    assert (picture.pixels[..., 0] == picture.pixels[..., 2]).all()
    return picture.pixels[..., 0]


def codes(picture: Picture) -> list[str]:
    return [note.code for note in picture.notes]


def eight_bits(share: np.ndarray) -> np.ndarray:
    return np.floor(np.clip(share, 0, 1) * 255 + 0.5).astype(np.uint8)


# ---- from values to grey -------------------------------------------------------------------------------------------


def test_min_max_is_what_suits_a_file_without_windows() -> None:
    picture = decode(dicom(RAMP), "a.dcm")
    np.testing.assert_array_equal(grey(picture), eight_bits((RAMP + 1024.0) / 4095))
    assert (picture.format, picture.mode, picture.rendering) == ("DICOM", "16-bit MONOCHROME2", "wminmax")
    assert picture.key == f"{picture.sha256}?wminmax"


@pytest.mark.parametrize(("centre", "width"), [(40, 400), (-600, 1500), (40.5, 80), (0, 2), (100, 1), (3, 0.5)])
def test_a_window_of_one_s_own_is_linear(centre: float, width: float) -> None:
    picture = decode(dicom(RAMP), "a.dcm", rendering=Rendering(window=(centre, width)))
    low, span = (centre - 0.5 - (width - 1) / 2, width - 1) if width > 1 else (centre - width / 2, width)
    np.testing.assert_array_equal(grey(picture), eight_bits((RAMP - low) / span))
    assert f"centre {centre:g}, width {width:g}".replace("-", "−") in str(picture.notes[-1])


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
def test_the_file_s_window_is_pydicom_s(function: str) -> None:
    data = dataset(RAMP, WindowCenter=[300, 40], WindowWidth=[1500, 80], VOILUTFunction=function, RescaleSlope=2)
    data.RescaleIntercept = -100
    units = apply_modality_lut(RAMP, data)
    for index in (0, 1):
        theirs = apply_windowing(units, data, index=index)
        picture = decode(written(data), "a.dcm", rendering=Rendering(window=f"file:{index}"))
        # Theirs runs over the range that the stored bits can reach after the rescale.
        low, high = -32768 * 2 - 100, 32767 * 2 - 100
        assert np.abs(grey(picture) - (theirs - low) / (high - low) * 255).max() <= 0.51
    assert decode(written(data), "a.dcm").rendering == "wfile.0"
    assert codes(decode(written(data), "a.dcm")) == ["values_rescaled", "window_applied"]


@pytest.mark.parametrize("name", ["lung", "bone", "brain", "abdomen"])
def test_ct_presets_are_for_ct_alone(name: str) -> None:
    stored = (RAMP + 1024).astype(np.uint16)
    data = dicom(stored, Modality="CT", RescaleSlope=1, RescaleIntercept=-1024)
    centre, width = {"lung": (-600, 1500), "bone": (300, 1500), "brain": (40, 80), "abdomen": (40, 400)}[name]
    picture = decode(data, "a.dcm", rendering=Rendering(window=name))
    low = centre - 0.5 - (width - 1) / 2
    np.testing.assert_array_equal(grey(picture), eight_bits((RAMP - low) / (width - 1)))
    with pytest.raises(PictureError, match="minmax") as caught:
        decode(dicom(stored, Modality="MR"), "a.dcm", rendering=Rendering(window=name))
    assert caught.value.code == "no_such_window"


def test_monochrome1_is_turned_round_last() -> None:
    window = {"WindowCenter": 100, "WindowWidth": 200}
    bright = decode(dicom(RAMP, **window), "a.dcm")
    dark = decode(dicom(RAMP, PhotometricInterpretation="MONOCHROME1", **window), "a.dcm")
    np.testing.assert_array_equal(dark.pixels, 255 - bright.pixels)
    assert codes(dark)[-1] == "white_is_smallest"


def test_tables_of_the_file() -> None:
    stored = np.arange(256, dtype=np.uint8).reshape(16, 16)
    curve = (np.arange(200) ** 2 // 10).astype(np.uint16)
    data = dataset(stored, ModalityLUTSequence=lut(curve, first=10, bits=16))
    units = apply_modality_lut(stored, data)
    picture = decode(written(data), "a.dcm")
    np.testing.assert_array_equal(grey(picture), eight_bits(units / curve.max()))
    assert codes(picture) == ["values_looked_up", "values_scaled"]

    data = dataset(stored, VOILUTSequence=lut(curve, first=30, bits=12), WindowCenter=100, WindowWidth=50)
    theirs = apply_voi_lut(stored, data)
    picture = decode(written(data), "a.dcm")
    np.testing.assert_array_equal(grey(picture), eight_bits(theirs / 4095))
    assert picture.rendering == "wlut.0"
    assert [window.id for window in open_source(written(data), "a").windows] == ["lut:0", "file:0", "minmax"]


def test_padding_is_left_out_of_the_range() -> None:
    values = RAMP.copy()
    values[:5] = -30_000
    picture = decode(dicom(values, PixelPaddingValue=-30_000), "a.dcm")
    assert picture.notes[-1].details["low"] == RAMP[5, 0]
    assert measured_range(open_source(dicom(values, PixelPaddingValue=-30_000), "a")) == (RAMP[5, 0], RAMP.max())
    assert measured_range(open_source(dicom(values), "a")) == (-30_000, RAMP.max())


def test_floating_point_and_one_bit() -> None:
    values = np.linspace(-3, 7, 64, dtype=np.float32).reshape(8, 8)
    picture = decode(dicom(values), "a.dcm")
    np.testing.assert_array_equal(grey(picture), eight_bits((values.astype(float) + 3) / 10))
    bits = np.random.default_rng(0).integers(0, 2, (3, 5, 7), np.uint8)
    data = dataset(bits, BitsAllocated=1, BitsStored=1)
    data.PixelData = np.packbits(bits.ravel(), bitorder="little").tobytes() + b"\0"
    for frame in range(3):
        picture = decode(written(data), "a.dcm", rendering=Rendering(frame=frame))
        np.testing.assert_array_equal(grey(picture), 255 * bits[frame])


# ---- colour, frames, encodings -------------------------------------------------------------------------------------


def test_colour() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (9, 7, 3), np.uint8)
    picture = decode(dicom(rgb, SamplesPerPixel=3), "a.dcm")
    np.testing.assert_array_equal(picture.pixels, rgb)
    assert (codes(picture), picture.rendering) == ([], "")
    planar = dataset(rgb, SamplesPerPixel=3, PlanarConfiguration=1)
    planar.PixelData = rgb.transpose(2, 0, 1).tobytes() + b"\0"
    np.testing.assert_array_equal(decode(written(planar), "a.dcm").pixels, rgb)
    picture = decode(dicom(rgb.astype(np.uint16) * 257, SamplesPerPixel=3), "a.dcm")
    np.testing.assert_array_equal(picture.pixels, rgb)
    ybr = dicom(rgb, SamplesPerPixel=3, PhotometricInterpretation="YBR_FULL")
    theirs = pydicom.pixels.convert_color_space(rgb, "YBR_FULL", "RGB")
    np.testing.assert_array_equal(decode(ybr, "a.dcm").pixels, theirs)
    with pytest.raises(PictureError) as caught:
        decode(ybr, "a.dcm", rendering=Rendering(window=(40, 400)))
    assert caught.value.code == "not_adjustable"


@pytest.mark.parametrize("segmented", [False, True])
def test_palettes(segmented: bool) -> None:
    stored = np.arange(256, dtype=np.uint8).reshape(16, 16)
    data = dataset(stored, PhotometricInterpretation="PALETTE COLOR")
    for offset, name in enumerate(("Red", "Green", "Blue")):
        setattr(data, f"{name}PaletteColorLookupTableDescriptor", [256, 0, 16])
        table = np.roll(np.arange(256, dtype=np.uint16) * 257, 50 * offset)
        if segmented:  # one value, straight on to another, both once more
            words = [0, 1, 500 * offset, 1, 127, 60_000, 2, 2, 0, 0]
            setattr(data, f"Segmented{name}PaletteColorLookupTableData", np.array(words, "<u2").tobytes())
        else:
            setattr(data, f"{name}PaletteColorLookupTableData", table.astype("<u2").tobytes())
    picture = decode(written(data), "a.dcm")
    theirs = apply_color_lut(stored, data) >> 8
    assert np.abs(picture.pixels.astype(int) - theirs).max() <= (1 if segmented else 0)
    assert codes(picture) == ["palette_expanded"]


def test_frames() -> None:
    stack = np.random.default_rng(0).integers(0, 4000, (5, 12, 10), np.uint16)
    source = open_source(dicom(stack), "a.dcm")
    assert source.frames == 5
    keys = set()
    for frame in range(5):
        picture = render(source, Rendering(frame=frame))
        low, high = stack[frame].min(), stack[frame].max()
        np.testing.assert_array_equal(grey(picture), eight_bits((stack[frame] - float(low)) / (high - low)))
        assert f"number {frame + 1} is shown" in str(picture.notes[0])
        keys.add(picture.key)
    assert len(keys) == 5
    with pytest.raises(PictureError, match="0 to 4") as caught:
        render(source, Rendering(frame=5))
    assert caught.value.code == "no_such_frame"
    many = open_source(dicom(np.zeros((70, 2, 2), np.uint8)), "a.dcm")
    assert many.frames == 64
    assert "70 pictures" in str(many.notes[0])


def test_what_is_said_of_one_frame_alone() -> None:
    """Enhanced files keep windows and slopes in functional groups: a frame's own, else those of all."""
    stack = np.stack([np.arange(64, dtype=np.uint16).reshape(8, 8)] * 2)
    data = dataset(stack)
    rescale = item(RescaleSlope=3, RescaleIntercept=-7)
    spacing = item(PixelSpacing=[0.5, 0.25])
    data.SharedFunctionalGroupsSequence = [
        item(PixelValueTransformationSequence=[rescale], PixelMeasuresSequence=[spacing])
    ]
    data.PerFrameFunctionalGroupsSequence = [
        item(FrameVOILUTSequence=[item(WindowCenter=centre, WindowWidth=51)]) for centre in (30, 90)
    ]
    for frame, centre in enumerate((30, 90)):
        picture = decode(written(data), "a.dcm", rendering=Rendering(frame=frame))
        low = centre - 0.5 - 25
        np.testing.assert_array_equal(grey(picture), eight_bits((3.0 * stack[0] - 7 - low) / 50))
    assert any("0.5 mm high and 0.25 mm wide" in str(fact) for fact in open_source(written(data), "a").facts)


@pytest.mark.parametrize(
    "syntax",
    [ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian],
    ids=lambda uid: uid.name,
)
def test_every_way_of_writing_the_same(syntax: pydicom.uid.UID) -> None:
    data = dataset(RAMP, WindowCenter=40, WindowWidth=400)
    data.ReferencedImageSequence = [item(PatientID="x", ReferencedImageSequence=[item(PatientID="y")])]
    expected = decode(written(data), "a.dcm")
    data.file_meta.TransferSyntaxUID = syntax
    if syntax == ExplicitVRBigEndian:
        data.PixelData = RAMP.astype(">i2").tobytes()
    out = written(data)
    np.testing.assert_array_equal(decode(out, "a.dcm").pixels, expected.pixels)


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless, JPEG2000Lossless], ids=lambda uid: uid.name)
def test_compressed_frames(syntax: pydicom.uid.UID) -> None:
    stack = np.random.default_rng(0).integers(0, 4000, (3, 64, 96), np.uint16)
    data = dataset(stack, BitsStored=12)
    data.compress(syntax, generate_instance_uid=False)
    source = open_source(written(data), "a.dcm")
    assert any(syntax.name in str(fact) for fact in source.facts)
    for frame in range(3):
        picture = render(source, Rendering(frame=frame, window=(2000, 4000)))
        np.testing.assert_array_equal(grey(picture), eight_bits((stack[frame] - 0.0) / 3999))


def test_a_cut_jpeg_ls_stream_is_given_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its decoder reads on for eight seconds where there is none."""
    data = dataset(np.random.default_rng(0).integers(0, 4000, (64, 64), np.uint16))
    data.compress(JPEGLSLossless, generate_instance_uid=False)
    (stream,) = pydicom.encaps.generate_frames(data.PixelData, number_of_frames=1)
    data.PixelData = pydicom.encaps.encapsulate([stream[:200]])
    handed: list[bytes] = []

    def watched(frames: list[bytes], **options: Any) -> bytes:
        handed.extend(frames)
        return pydicom.encaps.encapsulate(frames, **options)

    monkeypatch.setattr(pixels, "encapsulate", watched)
    with pytest.raises(PictureError) as caught:
        decode(written(data), "a.dcm")
    assert caught.value.code == "damaged"
    assert [each[-2:] for each in handed] == [b"\xff\xd9"]


def test_what_no_decoder_reads_is_refused_by_name() -> None:
    data = dataset(RAMP)
    data.PixelData = pydicom.encaps.encapsulate([b"\xff\xd8\xff\xc3" + bytes(20)])
    data["PixelData"].is_undefined_length = True
    data.file_meta.TransferSyntaxUID = JPEGLosslessSV1
    with pytest.raises(PictureError, match="JPEG Lossless") as caught:
        open_source(written(data), "a.dcm")
    assert caught.value.code == "unsupported_compression"


def test_a_file_without_pixels() -> None:
    data = dataset(RAMP)
    del data.PixelData
    with pytest.raises(PictureError) as caught:
        decode(written(data), "plan.dcm")
    assert caught.value.code == "no_pixel_data"


def test_facts_and_offers() -> None:
    tags = {"PixelSpacing": [0.7, 0.6], "WindowCenter": [1, 2], "WindowWidth": [3, 4]}
    data = dicom(RAMP, Modality="CT", WindowCenterWidthExplanation=["SOFT", "HARD"], **tags)
    source = open_source(data, "a.dcm")
    assert (source.kind, source.size, source.dtype, source.value_range) == ("dicom", (64, 64), "int16", (-32768, 32767))
    assert [window.id for window in source.windows] == [
        *("file:0", "file:1", "lung", "bone", "brain", "abdomen", "minmax")
    ]
    assert [window.label for window in source.windows[:2]] == ["SOFT", "HARD"]
    told = " / ".join(str(fact) for fact in source.facts)
    assert "Modality CT" in told
    assert "0.7 mm high and 0.6 mm wide" in told
    detector = open_source(dicom(RAMP, ImagerPixelSpacing=[0.2, 0.1]), "a")
    assert any("at the detector" in str(fact) for fact in detector.facts)
