"""Small files that ask for much, of the formats whose decoders believe what they are told. Made here, byte by byte."""

import gzip
import io
import struct
import zlib
from collections.abc import Callable

import nibabel
import numpy as np
import pydicom
from PIL import Image
from pydicom.uid import DeflatedExplicitVRLittleEndian, JPEG2000Lossless, JPEGBaseline8Bit, JPEGLSLossless, RLELossless

from tests.images.dicom_files import dataset, written

PREAMBLE = bytes(128) + b"DICM"


def codestream(
    width: int,
    height: int,
    *,
    tile: tuple[int, int] = (2**31 - 1, 2**31 - 1),
    components: int = 1,
    layers: int = 1,
    levels: int = 5,
    block: int = 4,
    precinct: int | None = None,
) -> bytes:
    """A JPEG 2000 of headers alone, complete up to the mark of its end."""
    size = struct.pack(">HIIIIIIIIH", 0, width, height, 0, 0, *tile, 0, 0, components) + b"\7\1\1" * components
    style = struct.pack(">BBHBBBBBB", precinct is not None, 0, layers, 0, levels, block, block, 0, 1)
    style += bytes([precinct or 0]) * (levels + 1 if precinct is not None else 0)
    quantisation = bytes([0x40]) + bytes([0x40]) * (3 * levels + 1)
    out = b"\xff\x4f"
    for marker, body in ((0x51, size), (0x52, style), (0x5C, quantisation)):
        out += b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body
    return out + b"\xff\x90" + struct.pack(">HHIBB", 10, 0, 16, 0, 1) + b"\xff\x93" + b"\0\0" + b"\xff\xd9"


def element(group: int, number: int, kind: bytes, value: bytes) -> bytes:
    long = kind in (b"OB", b"OW", b"SQ", b"UN", b"UT")
    head = struct.pack("<HH2s", group, number, kind)
    return head + (struct.pack("<HI", 0, len(value)) if long else struct.pack("<H", len(value))) + value


def head(syntax: str = "1.2.840.10008.1.2.1") -> bytes:
    return PREAMBLE + element(2, 0x10, b"UI", syntax.encode() + b"\0" * (len(syntax) % 2))


def encapsulated(frame: bytes, syntax: pydicom.uid.UID, size: int = 10) -> bytes:
    data = dataset(np.zeros((size, size), np.uint8))
    data.PixelData = pydicom.encaps.encapsulate([frame])
    data["PixelData"].is_undefined_length = True
    data.file_meta.TransferSyntaxUID = syntax
    return written(data)


def big_jpeg() -> bytes:
    out = io.BytesIO()
    Image.new("L", (6_000, 6_000)).save(out, "JPEG")
    return out.getvalue()


def jpeg_ls_of_channels() -> bytes:
    frame = b"\xff\xd8\xff\xf7" + struct.pack(">HBHHB", 8 + 3 * 255, 8, 6_000, 6_000, 255) + bytes(3 * 255)
    data = dataset(np.zeros((10, 10), np.uint8), Rows=6_000, Columns=6_000)
    data.PixelData = pydicom.encaps.encapsulate([frame + b"\xff\xda\0\6\1\0\0\0\0\xff\xd9"])
    data["PixelData"].is_undefined_length = True
    data.file_meta.TransferSyntaxUID = JPEGLSLossless
    return written(data)


def tiny_elements() -> bytes:
    return head() + struct.pack("<HH2sH", 9, 1, b"LO", 0) * 3_000_000


def nested(count: int) -> bytes:
    opened = struct.pack("<HH2sHI", 8, 0x1115, b"SQ", 0, 0xFFFFFFFF) + struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
    return head() + opened * count


def nested_where_it_is_read(count: int) -> bytes:
    opened = struct.pack("<HH2sHI", 0x5200, 0x9230, b"SQ", 0, 0xFFFFFFFF)
    opened += struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
    return head() + opened * count


def deflated() -> bytes:
    stream = zlib.compressobj(9, wbits=-15)
    block = stream.compress(bytes(2**24)) + stream.flush(zlib.Z_FULL_FLUSH)  # knows nothing of what was before it
    return head(DeflatedExplicitVRLittleEndian) + block * 60 + stream.flush()


def segments() -> bytes:
    data = dataset(np.zeros((10, 10), np.uint8), PhotometricInterpretation="PALETTE COLOR")
    words = [0, 1, 5] + [2, 65_535, 0, 0] * 10_000
    for name in ("Red", "Green", "Blue"):
        setattr(data, f"{name}PaletteColorLookupTableDescriptor", [0, 0, 16])
        setattr(data, f"Segmented{name}PaletteColorLookupTableData", np.array(words, "<u2").tobytes())
    return written(data)


def run_lengths() -> bytes:
    frame = struct.pack("<16I", 2, 64, 64, *[0] * 13) + b"\x81\0" * 10_000_000
    return encapsulated(frame, RLELossless)


def fragments() -> bytes:
    data = dataset(np.zeros((10, 10), np.uint8))
    data.PixelData = struct.pack("<HHI", 0xFFFE, 0xE000, 0) * 3_000_000
    data["PixelData"].is_undefined_length = True
    data.file_meta.TransferSyntaxUID = JPEG2000Lossless
    return written(data)


def directories(step: int, count: int, entries: int) -> bytes:
    """A chain of TIFF directories, each `step` bytes after the one before, of a grey raster with a place."""
    first = b"II*\0" + struct.pack("<I", 8) + raster_tags(8, 8, 16, 8)
    chain = np.zeros((count, step), np.uint8)
    chain[:, :2] = np.frombuffer(struct.pack("<H", entries), np.uint8)
    following = len(first) + step * np.arange(1, count + 1, dtype="<u4")
    following[-1] = 0
    chain[:, -4:] = following.astype("<u4").view(np.uint8).reshape(count, 4)
    return first[:-4] + struct.pack("<I", len(first)) + chain.tobytes()


def raster_tags(width: int, height: int, bits: int, rows: int, *, samples: int = 1, compression: int = 8) -> bytes:
    tags = [
        *((256, width), (257, height), (258, bits), (259, compression), (262, 1), (273, 8), (277, samples)),
        *((278, rows), (279, 100), (284, 1), (339, 1), (42113, 0)),
    ]
    entries = b"".join(struct.pack("<HHII", tag, 2 if tag == 42113 else 4, 1, value) for tag, value in tags)
    return struct.pack("<H", len(tags)) + entries + bytes(4)


def raster(width: int, height: int, bits: int, rows: int, *, samples: int = 1, compression: int = 8) -> bytes:
    tags = raster_tags(width, height, bits, rows, samples=samples, compression=compression)
    return b"II*\0" + struct.pack("<I", 8) + tags + zlib.compress(bytes(10**7))


def tiles_without_end() -> bytes:
    tags = [
        *((256, 100_000), (257, 100_000), (258, 16), (259, 8), (262, 1), (277, 1), (322, 16), (323, 16)),
        *((324, 8), (325, 8), (339, 1), (42113, 0)),
    ]
    count = {324: 39_062_500, 325: 39_062_500}
    entries = b"".join(struct.pack("<HHII", tag, 4, count.get(tag, 1), value) for tag, value in tags)
    return b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(tags)) + entries + bytes(2 * 10**7)


def nifti(*shape: int, step: float = 1.0) -> bytes:
    header = nibabel.Nifti1Header()
    header["dim"] = [len(shape), *shape, *[1] * (7 - len(shape))]
    header["datatype"], header["bitpix"], header["vox_offset"], header["magic"] = 4, 16, 352, b"n+1"
    header["pixdim"] = [1, step, *[1] * 6]
    return header.binaryblock + bytes(4)


def avif_of_another_size() -> bytes:
    out = io.BytesIO()
    Image.new("L", (5_600, 5_600)).convert("RGB").save(out, "AVIF", speed=10, max_threads=1)  # 31 of 30 million
    data = bytearray(out.getvalue())
    at = data.index(b"ispe")
    data[at + 8 : at + 16] = struct.pack(">II", 16, 16)
    return bytes(data)


BOMBS: dict[str, Callable[[], bytes]] = {
    "size.j2k": lambda: codestream(60_000, 60_000),
    "long.j2k": lambda: codestream(2**32 - 1, 1),
    "tiles.j2k": lambda: codestream(6_000, 6_000, tile=(4, 4)),
    "precincts.j2k": lambda: codestream(6_000, 6_000, precinct=0x11),
    "blocks.j2k": lambda: codestream(6_300, 6_300, block=0),
    "layers.j2k": lambda: codestream(4_000, 4_000, layers=65_535, tile=(64, 64)),
    "channels.j2k": lambda: codestream(5_000, 5_000, components=16_000),
    "empty.j2k": lambda: codestream(6_300, 6_300),
    "rows.dcm": lambda: written(dataset(np.zeros((2, 2), np.uint8), Rows=65_535, Columns=65_535)),
    "short.dcm": lambda: written(dataset(np.zeros((2, 2), np.uint8), Rows=6_000, Columns=6_000)),
    "frames.dcm": lambda: written(dataset(np.zeros((2, 2), np.uint8), NumberOfFrames=2**31 - 1, Rows=3)),
    "inner.dcm": lambda: encapsulated(codestream(6_000, 6_000), JPEG2000Lossless),
    "inner-tiles.dcm": lambda: encapsulated(codestream(10, 10, precinct=0, layers=65_535), JPEG2000Lossless),
    "inner-jpeg.dcm": lambda: encapsulated(big_jpeg(), JPEGBaseline8Bit),
    "inner-channels.dcm": jpeg_ls_of_channels,
    "elements.dcm": tiny_elements,
    "nested.dcm": lambda: nested(1_000_000),
    "nested-few.dcm": lambda: nested(100_000),
    "nested-read.dcm": lambda: nested_where_it_is_read(100_000),
    "deflated.dcm": deflated,
    "segments.dcm": segments,
    "run-lengths.dcm": run_lengths,
    "fragments.dcm": fragments,
    "chain.tif": lambda: directories(6, 4_000_000, 0),
    "overlapping.tif": lambda: directories(6, 4_000_000, 60_000),
    "wide.tif": lambda: raster(200_000, 200_000, 16, 1),
    "strip.tif": lambda: raster(9_000, 4_000, 64, 4_000),
    "bands.tif": lambda: raster(6_000, 6_000, 16, 1, samples=32),
    "many.tif": lambda: raster(100, 100, 16, 1, samples=65_535),
    "tiles.tif": tiles_without_end,
    "slices.nii.gz": lambda: gzip.compress(nifti(9_000, 9_000, 300) + bytes(10**7)),
    "volumes.nii.gz": lambda: gzip.compress(nifti(64, 64, 64, 30_000)),
    "short.nii.gz": lambda: gzip.compress(nifti(500, 400, 400) + bytes(10**8)),
    "square.nii": lambda: nifti(3, 4, 5, step=1e-9) + bytes(1_000),
    "numbers.pnm": lambda: b"P3 2040 2040 255 " + b"1 " * 12_400_000,
    "other-size.avif": avif_of_another_size,
}
