"""TIFF: checked for what it declares, sent on to the decoder that suits it, and cut down to what that one needs.

A directory names types, counts and positions freely, so a small file can ask for gigabytes (one tile of
40,000 x 16,000 pixels for a picture of 10 x 10) or for millions of strips. Here a page's directory is checked and,
for Pillow, rewritten to hold only the tags that say where and how the pixels are stored; Pillow and libtiff then
never see sub-directories, further pages, private tags or damaged metadata. What Pillow has no place for (places on
the Earth, many bands, deep colours, floating point) goes to `raster`.
"""

from __future__ import annotations

import math

from gam_viz.images.errors import PictureError
from gam_viz.images.formats.colour_profile import LARGEST_PROFILE
from gam_viz.images.formats.header import Essentials, header_reader
from gam_viz.images.formats.tiff.directory import Directory, cut_down, pages, valid_orientation
from gam_viz.images.limits import Limits

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 256, 257, 258, 259, 262
_STRIP_OFFSETS, _ORIENTATION, _SAMPLES, _ROWS_A_STRIP, _STRIP_BYTES, _PLANAR = 273, 274, 277, 278, 279, 284
_TILE_WIDTH, _TILE_HEIGHT, _TILE_OFFSETS, _TILE_BYTES, _SAMPLE_FORMAT = 322, 323, 324, 325, 339
_SUBFILE_TYPE, _EXTRA_SAMPLES, _PROFILE = 254, 338, 34675
_PLACE_TAGS = {33550, 33922, 34264, 34735, 42112, 42113}  # GeoTIFF's, and GDAL's metadata and no-data value

# What locates and describes pixels. Orientation is not among them: it is applied by us, once, for every
# format.
_NEEDED = {
    *(_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _STRIP_OFFSETS, _SAMPLES, _STRIP_BYTES),
    *(_TILE_WIDTH, _TILE_HEIGHT, _TILE_OFFSETS, _TILE_BYTES, _SAMPLE_FORMAT),
    *(266, _ROWS_A_STRIP, _PLANAR, 317, 320, 338, 347, 529, 530, 532),  # fill order, ... JPEG tables, YCbCr
}
# GDAL gets these, too: kind of directory, place on the Earth, value without data, parameters of LERC. Its own metadata
# (42112) it must not see: they may name a file that is then opened as this one's overview.
NEEDED_BY_RASTER = {*_NEEDED, 254, 33550, 33922, 34264, 34735, 34736, 34737, 42113, 50674}
METADATA = 42112

# Fax codes (2, 3, 4) are left out: they hold no photographs, and libtiff prints a line for every damaged row.
_COMPRESSIONS = {1, 5, 7, 8, 32773, 32946}
_RASTER_COMPRESSIONS = {34887, 50000}
_COMPRESSION_NAMES = {
    2: "CCITT fax",
    3: "CCITT fax",
    4: "CCITT fax",
    6: "old-style JPEG",
    34676: "SGI LogLuv",
    34925: "LZMA",
    50001: "WebP",
}
_ACCEPTED_COMPRESSIONS = "none, LZW, Deflate, PackBits, JPEG, Zstandard, LERC"
_PHOTOMETRICS = {
    **{0: "grey", 1: "grey", 2: "RGB", 3: "palette", 4: "mask", 5: "CMYK", 6: "YCbCr", 8: "Lab", 9: "Lab", 10: "Lab"},
    **{32803: "colour filter array", 34892: "linear raw"},
}
_KINDS = {1: "uint", 2: "int", 3: "float", 5: "complex int", 6: "complex float"}
_DRAWN = (0, 1, 2, 3, 6)  # grey, RGB, a table of colours, YCbCr
_MASK = 4  # the bit of a directory's kind that makes it the mask of the one before it


@header_reader("TIFF")
def read_tiff(data: bytes, limits: Limits, frame: int) -> Essentials:
    """Check what one page of a TIFF file declares, and cut the file down to it.

    Args:
        data: the whole file.
        limits: what to accept.
        frame: the page, from 0; the last one where there are fewer.

    Raises:
        PictureError: "damaged", "too_complex", "unsupported_mode", "unsupported_compression" or a size that
            `limits` refuse.
    """
    all_pages = pages(data)
    directory = all_pages[min(frame, len(all_pages) - 1)][0]
    _check_directory(directory)
    width, height = directory.integer(_WIDTH, 0), directory.integer(_HEIGHT, 0)
    limits.check_dimensions(width, height)
    _check_parts(directory, limits)
    if directory.integer(_COMPRESSION, 1) not in _COMPRESSIONS:
        raise _compression_refused(directory)
    bits = _check_samples(directory)
    return Essentials(
        data=cut_down([directory], _NEEDED),
        size=(width, height),
        orientation=orientation(directory),
        frames=len(all_pages),
        bits=bits,
        layout=layout(directory),
        inverted=bits > 8 and white_is_zero(directory),
        profile=directory.content(_PROFILE, LARGEST_PROFILE),
    )


def raster_page(
    data: bytes, limits: Limits, frame: int = 0, *, last_resort: bool = False
) -> tuple[list[Directory], int] | None:
    """The directories of one page and the number of pages, if the page is for `raster` to read; None if it is not.

    A page is a raster if it says where on the Earth it lies or which value means nothing, and its pixels are grey,
    RGB or a table of colours; if a mask goes with it; if Pillow cannot read its kind of numbers or of compression; or
    if it is too large to be read whole, but is cut into strips or tiles that are not. As a last resort, when Pillow
    gave up, every page of grey, RGB or a table of colours is one.

    Raises:
        PictureError: "too_complex", "too_many_bands", "damaged", "unsupported_mode" or "unsupported_compression".
    """
    all_pages = pages(data)
    page = all_pages[min(frame, len(all_pages) - 1)]
    directory = page[0]
    _check_directory(directory)
    if not (last_resort and directory.integer(_PHOTOMETRIC, 1) in _DRAWN) and not _for_raster(page, limits):
        return None
    kind = max(directory.integers(_SAMPLE_FORMAT, 1))
    if kind not in (1, 2, 3) or value_bits(directory) > 64:
        raise PictureError("unsupported_mode", format="TIFF", mode=layout(directory))
    if directory.integer(_COMPRESSION, 1) not in _COMPRESSIONS | _RASTER_COMPRESSIONS:
        raise _compression_refused(directory)
    samples = directory.integer(_SAMPLES, 1)
    if samples > limits.bands + 1:  # and one of opacity; which it is, the reader will know
        raise PictureError("too_many_bands", bands=samples, limit_bands=limits.bands)
    for part in page:
        _check_raster_parts(part, limits)
    return page, len(all_pages)


def orientation(directory: Directory) -> int:
    """EXIF orientation 1..8 of a page."""
    return valid_orientation(directory.integer(_ORIENTATION, 1))


def white_is_zero(directory: Directory) -> bool:
    """Whether the smallest value means white."""
    return directory.integer(_PHOTOMETRIC, 1) == 0


def value_bits(directory: Directory) -> int:
    """Bits of a value, which need not be a whole number of bytes."""
    return max(directory.integers(_BITS, 1))


def is_tiled(directory: Directory) -> bool:
    """Whether a page is cut into tiles, and not into strips."""
    return _TILE_OFFSETS in directory.entries


def is_premultiplied(directory: Directory) -> bool:
    """Whether colours are stored multiplied by their opacity."""
    return 1 in directory.integers(_EXTRA_SAMPLES, 0)


def has_place(directory: Directory) -> bool:
    """Whether a page has any of GeoTIFF's or GDAL's tags."""
    return not _PLACE_TAGS.isdisjoint(directory.entries)


def layout(directory: Directory) -> str:
    """How a page stores its pixels, for a refusal: "4 x 16-bit uint (photometric 2)"."""
    kind = _KINDS.get(directory.integer(_SAMPLE_FORMAT, 1), "unknown")
    samples, bits = directory.integer(_SAMPLES, 1), value_bits(directory)
    photometric = directory.integer(_PHOTOMETRIC, 0)
    return f"{samples} x {bits}-bit {kind} ({_PHOTOMETRICS.get(photometric, f'photometric {photometric}')})"


def _for_raster(page: list[Directory], limits: Limits) -> bool:
    directory = page[0]
    bits, samples = value_bits(directory), directory.integer(_SAMPLES, 1)
    kind, photometric = max(directory.integers(_SAMPLE_FORMAT, 1)), directory.integer(_PHOTOMETRIC, 1)
    if photometric not in _DRAWN:
        return False
    if any(part.integer(_SUBFILE_TYPE, 0) & _MASK for part in page[1:]):
        return True
    if bits < 8:
        return False
    if directory.integer(_COMPRESSION, 1) in _RASTER_COMPRESSIONS or has_place(directory):
        return True
    if photometric in (0, 1) and samples > 1 and directory.integer(_PLANAR, 1) == 2:  # grey and opacity apart
        return True
    if kind != 1 or bits > 16 or samples > 4 or (bits > 8 and samples > 1):
        return True
    if samples == 4 and directory.integer(_EXTRA_SAMPLES, 0) == 0:  # a fourth band that is no opacity
        return True
    width, height = directory.integer(_WIDTH, 0), directory.integer(_HEIGHT, 0)
    too_large = width * height > limits.pixels or max(width, height) > limits.side
    return too_large and 1 <= _block_bytes(directory) <= limits.tile_bytes


def _compression_refused(directory: Directory) -> PictureError:
    method = directory.integer(_COMPRESSION, 1)
    return PictureError(
        "unsupported_compression",
        format="TIFF",
        compression=_COMPRESSION_NAMES.get(method, f"method {method}"),
        accepted_compressions=_ACCEPTED_COMPRESSIONS,
    )


def _check_directory(directory: Directory) -> None:
    stored = directory.entries.keys()
    if not {_WIDTH, _HEIGHT} <= stored or not {_STRIP_OFFSETS, _TILE_OFFSETS} & stored:
        raise PictureError("damaged", format="TIFF")


def _check_parts(directory: Directory, limits: Limits) -> None:
    for tag in _NEEDED & directory.entries.keys():
        kind, count, _ = directory.entries[tag]
        if kind not in (1, 7):  # bytes are read in one go; everything else value by value
            limits.check_count(count, 4 * limits.chunks, format="TIFF", parts="tag_values")
    for tag in (_STRIP_OFFSETS, _TILE_OFFSETS):
        if tag in directory.entries:
            limits.check_count(directory.entries[tag][1], limits.chunks, format="TIFF", parts="strips_or_tiles")
    tile = math.prod(directory.integer(tag, 1) for tag in (_TILE_WIDTH, _TILE_HEIGHT, _SAMPLES))
    limits.check_count(abs(tile), limits.tile_bytes, format="TIFF", parts="tile_bytes")


def _check_raster_parts(directory: Directory, limits: Limits) -> None:
    for tag in directory.entries:
        if directory.bytes_of(tag) > len(directory.data):
            raise PictureError("truncated", format="TIFF")
    blocks = max(directory.entries.get(tag, (0, 0, 0))[1] for tag in (_STRIP_OFFSETS, _TILE_OFFSETS))
    limits.check_count(blocks, limits.raster_blocks, format="TIFF", parts="strips_or_tiles")
    if directory.integer(_COMPRESSION, 1) != 1 or _TILE_OFFSETS in directory.entries:  # plain strips are read in parts
        limits.check_count(_block_bytes(directory), limits.tile_bytes, format="TIFF", parts="tile_bytes")


def _block_bytes(directory: Directory) -> int:
    """Bytes of one unfolded strip or tile. A strip ends with the picture, whatever it declares."""
    width, height = directory.integer(_WIDTH, 0), directory.integer(_HEIGHT, 0)
    across, down = width, min(height, directory.integer(_ROWS_A_STRIP, height))
    if _TILE_OFFSETS in directory.entries:
        across, down = directory.integer(_TILE_WIDTH, width), directory.integer(_TILE_HEIGHT, height)
    samples = directory.integer(_SAMPLES, 1) if directory.integer(_PLANAR, 1) == 1 else 1
    return abs(across * down * samples * ((value_bits(directory) + 7) // 8))


def _check_samples(directory: Directory) -> int:
    """Bits of a sample, if samples are stored in a way that keeps its meaning in an 8-bit RGB picture.

    16-bit colour is left to `raster` although Pillow would read it: it drops the low byte, and satellite pictures,
    the usual 16-bit colour TIFFs, use a small part of the range and would come out black.
    """
    samples = directory.integer(_SAMPLES, 1)
    bits = value_bits(directory)
    kind = max(directory.integers(_SAMPLE_FORMAT, 1))
    eight_bit = 1 <= bits <= 8 and 1 <= samples <= 6
    sixteen_bit_grey = bits in (12, 16) and samples == 1
    if kind != 1 or not (eight_bit or sixteen_bit_grey):
        raise PictureError("unsupported_mode", format="TIFF", mode=layout(directory))
    return bits
