"""DICOM's pixels: one frame, unfolded by pydicom and its decoders, which get to see nothing but that frame's bytes.

What a compressed frame declares about itself is compared with what the file declares before a decoder runs: a file of
10 x 10 pixels may hold a JPEG 2000 of 60,000 x 60,000.
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pydicom.uid as uids
from numpy.typing import NDArray
from pydicom.config import IGNORE
from pydicom.encaps import encapsulate, get_frame
from pydicom.pixels.decoders.base import get_decoder

from gam_viz.images.errors import PictureError
from gam_viz.images.formats.dicom.header import DicomFile
from gam_viz.images.formats.jpeg import read_jpeg
from gam_viz.images.formats.jpeg2000 import read_jpeg2000
from gam_viz.images.limits import Limits

_PLAIN = (
    uids.ImplicitVRLittleEndian,
    uids.ExplicitVRLittleEndian,
    uids.ExplicitVRBigEndian,
    uids.DeflatedExplicitVRLittleEndian,
)
_JPEG = (uids.JPEGBaseline8Bit, uids.JPEGExtended12Bit)
_JPEG_LS = (uids.JPEGLSLossless, uids.JPEGLSNearLossless)
_JPEG_2000 = (
    *(uids.JPEG2000Lossless, uids.JPEG2000),
    *(uids.HTJ2KLossless, uids.HTJ2KLosslessRPCL, uids.HTJ2K),
)
_ACCEPTED = "none, RLE, JPEG of 8 bits, JPEG-LS, JPEG 2000"


def check_syntax(file: DicomFile) -> str:
    """The name of the file's compression, "" for none.

    Raises:
        PictureError: "unsupported_compression".
    """
    if file.syntax in _PLAIN:
        return ""
    uid = uids.UID(file.syntax, validation_mode=IGNORE)  # no warning that repeats what a damaged file says
    name = uid.name if uid.is_valid and uid.name != str(uid) else "a private transfer syntax"
    if file.syntax not in (uids.RLELossless, *_JPEG, *_JPEG_LS, *_JPEG_2000) or file.keyword != "PixelData":
        raise _refused(name)
    return name.partition(" (")[0] if file.syntax in _JPEG else name


def decode_frame(file: DicomFile, frame: int, limits: Limits) -> NDArray[Any]:
    """One frame's stored values.

    Args:
        file: opened.
        frame: from 0, below `file.frames`.
        limits: what a compressed frame may declare.

    Returns:
        (rows, columns) for grey and palettes, (rows, columns, 3) RGB for colour.

    Raises:
        PictureError: "truncated", "damaged", "out_of_memory", "unsupported_compression", "too_complex" or a size that
            `limits` refuse.
    """
    check_syntax(file)
    try:
        stored = _plain_frame(file, frame) if file.syntax in _PLAIN else _compressed_frame(file, frame, limits)
        values, _ = get_decoder(file.syntax).as_array(stored, index=0, **_options(file))  # type: ignore[arg-type]
    except PictureError:
        raise
    except MemoryError as error:
        raise PictureError("out_of_memory") from error
    except Exception as error:
        # pydicom and its plugins raise ValueError, RuntimeError, struct.error, NotImplementedError and more.
        raise PictureError("damaged", format="DICOM") from error
    shape = (file.rows, file.columns) + ((3,) if file.samples == 3 else ())
    if values.shape != shape:
        raise PictureError("damaged", format="DICOM")
    return _used_bits(file, values) if _shifted(file) else values


def _shifted(file: DicomFile) -> bool:
    """Whether the bits that are used do not lie at the low end. Of compressed values only RLE keeps them in place; a
    colour that is no RGB was converted on the way."""
    kept = file.syntax in (*_PLAIN, uids.RLELossless) and not file.photometric.startswith("YBR")
    return kept and file.keyword == "PixelData" and file.high_bit != file.bits_stored - 1


def _used_bits(file: DicomFile, values: NDArray[Any]) -> NDArray[Any]:
    """Values of the bits from `high_bit` downwards, with their sign; what lies above and below them is dropped."""
    values = np.left_shift(values, file.bits_allocated - 1 - file.high_bit)
    return np.right_shift(values, file.bits_allocated - file.bits_stored)


def _options(file: DicomFile) -> dict[str, object]:
    options: dict[str, object] = {
        "rows": file.rows,
        "columns": file.columns,
        "number_of_frames": 1,
        "samples_per_pixel": file.samples,
        "photometric_interpretation": file.photometric,
        "bits_allocated": file.bits_allocated,
        "pixel_keyword": file.keyword,
    }
    if file.keyword == "PixelData":
        used = file.bits_allocated if _shifted(file) else file.bits_stored
        options |= {"bits_stored": used, "pixel_representation": int(file.signed)}
    if file.samples > 1:
        options["planar_configuration"] = int(file.planar)
    return options


def _plain_frame(file: DicomFile, frame: int) -> bytes:
    """The bytes of one uncompressed frame, to an even length."""
    pixels = file.pixels.value
    values = file.rows * file.columns * file.samples
    if file.photometric == "YBR_FULL_422":
        values = values // 3 * 2  # two pixels share their colour
    if file.bits_allocated == 1:  # frames follow each other without a gap, bit by bit
        start = frame * values
        packed = np.frombuffer(pixels[start // 8 : -(-(start + values) // 8)], np.uint8)
        bits = np.unpackbits(packed, bitorder="little")[start % 8 : start % 8 + values]
        stored = np.packbits(bits, bitorder="little").tobytes() if bits.size == values else b""
        length = -(-values // 8)
    else:
        length = values * file.bits_allocated // 8
        start = frame * length
        if file.bits_allocated == 8 and file.order == ">" and file.pixels.kind == "OW":
            # Written as words: in each pair, the bytes have changed places.
            pairs = np.frombuffer(pixels[start // 2 * 2 : -(-(start + length) // 2) * 2], np.uint8)
            pixels = pairs[: pairs.size // 2 * 2].reshape(-1, 2)[:, ::-1].tobytes()
            start %= 2
        stored = pixels[start : start + length]
    if len(stored) < length:
        raise PictureError("truncated", format="DICOM")
    return stored + b"\0" * (length % 2)


def _compressed_frame(file: DicomFile, frame: int, limits: Limits) -> bytes:
    """One frame's fragments joined, checked, and wrapped again on their own."""
    limits.check_count(_fragments(file.pixels.value), limits.chunks, format="DICOM", parts="elements")
    stored = get_frame(file.pixels.value, frame, number_of_frames=file.frames)
    if not stored:
        raise PictureError("truncated", format="DICOM")
    width, height = _declared(file, stored, limits)
    if (width, height) != (file.columns, file.rows):
        raise PictureError("damaged", format="DICOM")
    if file.syntax in _JPEG_LS and b"\xff\xd9" not in stored[-4:]:
        stored += b"\xff\xd9"  # CharLS reads on for eight seconds where a cut stream has no end of image
    return encapsulate([stored], has_bot=False)


def _declared(file: DicomFile, stored: bytes, limits: Limits) -> tuple[int, int]:
    """(width, height) that a compressed frame declares itself."""
    if file.syntax in _JPEG:
        try:
            return read_jpeg(stored, limits).size
        except PictureError as error:
            if error.code == "unsupported_mode":  # 12 bits a value
                raise _refused("JPEG of 12 bits") from error
            raise
    if file.syntax in _JPEG_2000:
        return read_jpeg2000(stored, limits).size  # some writers keep the boxes of a file around the codestream
    if file.syntax in _JPEG_LS:
        return _jpeg_ls_size(stored, file.samples)
    limits.check_count(len(stored), limits.rle_bytes, format="DICOM", parts="run_length_bytes")
    return file.columns, file.rows  # RLE declares nothing


def _jpeg_ls_size(stored: bytes, samples: int) -> tuple[int, int]:
    """(width, height) from the start of frame, marker 0xFFF7 (ISO/IEC 14495-1, annex C), of so many channels."""
    position = 2
    while True:
        marker, length = struct.unpack_from(">HH", stored, position)
        if marker == 0xFFF7:
            height, width, channels = struct.unpack_from(">HHB", stored, position + 5)
            if channels != samples:
                raise PictureError("damaged", format="DICOM")
            return width, height
        if marker < 0xFF01 or marker == 0xFFDA or length < 2:
            raise PictureError("damaged", format="DICOM")
        position += 2 + length


def _fragments(pixels: bytes) -> int:
    """How many pieces compressed pixels lie in."""
    position = count = 0
    while position + 8 <= len(pixels):
        group, element, length = struct.unpack_from("<HHI", pixels, position)
        if (group, element) != (0xFFFE, 0xE000):
            break
        position += 8 + length
        count += 1
    return count


def _refused(name: str) -> PictureError:
    return PictureError("unsupported_compression", format="DICOM", compression=name, accepted_compressions=_ACCEPTED)
