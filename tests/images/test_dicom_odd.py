"""DICOM files as machines write them: bits elsewhere, ranges of padding, parts left out, said wrongly or not said."""

import io
import struct

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.filewriter import write_dataset
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian, JPEG2000Lossless

from gam_viz.images import PictureError, Rendering, decode, measured_range, open_source
from tests.images.dicom_files import dataset, dicom, item, written
from tests.images.test_dicom import RAMP, eight_bits, grey

TWELVE = np.arange(4096, dtype=np.uint16).reshape(64, 64)


# ---- bits and padding ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("high_bit", [11, 13, 15])
def test_twelve_bits_wherever_they_lie(high_bit: int) -> None:
    """What other programs put above and below them (overlays, noise) is no part of a value."""
    shift = high_bit - 11
    values = TWELVE << shift | np.uint16((1 << shift) - 1) | np.uint16(0xFFFF << high_bit + 1 & 0xFFFF)
    data = dicom(values.astype(np.uint16), BitsStored=12, HighBit=high_bit)
    assert measured_range(open_source(data, "a")) == (0, 4095)
    picture = decode(data, "a.dcm", rendering=Rendering(window=(2048, 4096)))
    np.testing.assert_array_equal(grey(picture), eight_bits((TWELVE - 0.0) / 4095))
    if high_bit == 11:
        np.testing.assert_array_equal(pydicom.dcmread(io.BytesIO(data)).pixel_array, TWELVE)


def test_signed_values_at_the_high_end_keep_their_sign() -> None:
    values = np.arange(-2048, 2048, dtype=np.int16).reshape(64, 64)
    source = open_source(dicom(values << 4, BitsStored=12, HighBit=15, RescaleSlope=2, RescaleIntercept=5), "a")
    assert measured_range(source) == (-2048 * 2 + 5, 2047 * 2 + 5)


def test_a_high_bit_that_cannot_be_is_left_alone() -> None:
    for high_bit in (3, 16, 400):
        assert measured_range(open_source(dicom(TWELVE, BitsStored=12, HighBit=high_bit), "a")) == (0, 4095)


def test_a_range_of_padding_is_left_out_whole() -> None:
    values = RAMP.copy()
    values[:3], values[3], values[4, :9] = -2000, -1990, -1950
    for limit, other in ((-2000, -1960), (-1960, -2000)):
        data = dicom(values, PixelPaddingValue=limit, PixelPaddingRangeLimit=other)
        assert measured_range(open_source(data, "a")) == (-1950, RAMP.max())
        assert decode(data, "a.dcm").notes[-1].details["low"] == -1950
    assert measured_range(open_source(dicom(values, PixelPaddingValue=-2000), "a")) == (-1990, RAMP.max())


# ---- parts that are missing or wrong -------------------------------------------------------------------------------


def bare(data: Dataset, *, implicit: bool = False, big: bool = False) -> bytes:
    """The elements alone: no preamble, no "DICM", no part that says how it is written."""
    out = pydicom.filebase.DicomBytesIO()
    out.is_implicit_VR, out.is_little_endian = implicit, not big
    write_dataset(out, data)
    return out.getvalue()


EXPECTED = grey(decode(dicom(RAMP, WindowCenter=40, WindowWidth=400), "a.dcm"))


def looks_right(data: bytes) -> None:
    picture = decode(data, "a")
    assert picture.format == "DICOM"
    np.testing.assert_array_equal(grey(picture), EXPECTED)


@pytest.mark.parametrize("preamble", [b"", bytes(128) + b"DICM"], ids=["bare", "no meta"])
@pytest.mark.parametrize(("implicit", "big"), [(False, False), (True, False), (False, True)])
def test_elements_without_what_says_how_they_are_written(preamble: bytes, implicit: bool, big: bool) -> None:
    data = dataset(RAMP, WindowCenter=40, WindowWidth=400)
    if big:
        data.PixelData = RAMP.astype(">i2").tobytes()
    looks_right(preamble + bare(data, implicit=implicit, big=big))


@pytest.mark.parametrize("implicit_meta", [False, True])
def test_no_preamble_but_the_part_that_says(implicit_meta: bool) -> None:
    data = dataset(RAMP, WindowCenter=40, WindowWidth=400)
    whole = written(data)
    looks_right(whole[132:])
    if implicit_meta:
        meta = bare(data.file_meta, implicit=True)
        looks_right(whole[:132] + meta + bare(data))
        looks_right(meta + bare(data))


@pytest.mark.parametrize("said", [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian])
@pytest.mark.parametrize("implicit", [False, True])
def test_written_otherwise_than_it_says(said: pydicom.uid.UID, implicit: bool) -> None:
    data = dataset(RAMP, WindowCenter=40, WindowWidth=400)
    data.file_meta.TransferSyntaxUID = said
    meta = bare(data.file_meta)
    looks_right(bytes(128) + b"DICM" + meta + bare(data, implicit=implicit))


def test_sequences_and_pixels_of_untold_length() -> None:
    data = dataset(RAMP, WindowCenter=40, WindowWidth=400)
    icon = item(Rows=2, Columns=2, BitsAllocated=8, PixelRepresentation=0, PixelData=bytes(4))
    icon.ReferencedImageSequence = [item(PatientID="y")]
    data.IconImageSequence = [icon, icon]
    data["IconImageSequence"].is_undefined_length = True
    icon.is_undefined_length_sequence_item = True
    looks_right(bare(data))
    looks_right(bare(data, implicit=True))


def test_compressed_pixels_whose_compression_nothing_names() -> None:
    data = dataset(TWELVE, BitsStored=12)
    expected = decode(written(data), "a.dcm")
    data.compress(JPEG2000Lossless, generate_instance_uid=False)
    data["PixelData"].is_undefined_length = True
    whole = bare(data)
    end = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    assert whole.endswith(end)
    for bytes_ in (whole, whole[: -len(end)]):  # the mark of the end is missing in some files
        picture = decode(bytes_, "a")
        np.testing.assert_array_equal(picture.pixels, expected.pixels)


def test_a_private_element_without_its_kind() -> None:
    data = dataset(RAMP, WindowCenter=40, WindowWidth=400)
    whole = bare(data)
    at = whole.index(struct.pack("<HH", 0x0028, 0x0002))
    looks_right(whole[:at] + struct.pack("<HHI", 0x0019, 0x1001, 6) + b"\0\1\2\3\4\5" + whole[at:])


def test_a_grey_picture_that_does_not_say_which_end_is_white() -> None:
    data = dataset(RAMP, WindowCenter=40, WindowWidth=400)
    del data.PhotometricInterpretation
    looks_right(bare(data))


def test_what_only_begins_like_elements_is_no_dicom_file() -> None:
    for data in (b"\x08\0", b"\x08\0\x05\0CS\x0a\0ISO_IR 100", b"\x02\0\0\0UL\4\0" + bytes(20), b"\x08\0" * 40):
        with pytest.raises(PictureError) as caught:
            decode(data, "a")
        assert caught.value.code == "not_an_image", data
