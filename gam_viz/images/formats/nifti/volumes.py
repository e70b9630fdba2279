"""NIfTI's header and values: which way a volume lies, and one volume of them unfolded, after its size was counted.

The header is nibabel's to read. Names and descriptions in it, which may say who was scanned, are never looked at.

Format: https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h
"""

from __future__ import annotations

import io
import math
import zlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from nibabel.nifti1 import Nifti1Header
from nibabel.nifti2 import Nifti2Header
from nibabel.orientations import io_orientation
from numpy.typing import NDArray

from gam_viz.images.errors import PictureError
from gam_viz.images.limits import Limits

_GZIP = b"\x1f\x8b"
_HEADERS = {348: (Nifti1Header, 344, b"n+1\0"), 540: (Nifti2Header, 4, b"n+2\0")}
_PIECE = 1 << 20
# Of the axes right, anterior, superior: the one that slices are cut across -> those that run down and across a slice,
# both against their direction: what is anterior or superior is above, the patient's right is at the left.
SHOWN = {0: (2, 1), 1: (2, 0), 2: (1, 0)}


@dataclass(frozen=True, eq=False)
class NiftiVolumes:
    """A volume, or several of different times.

    Attributes:
        data: the whole file.
        shape: values along the stored axes, the first running fastest.
        times: volumes.
        dtype: of a value, with its order of bytes.
        offset: where the values begin, once unfolded.
        slope: from stored values to the file's units.
        intercept: likewise.
        axes: of each stored axis the patient's one, 0 right, 1 anterior, 2 superior, and 1 or -1 for its direction.
        spacing: millimetres (or what the file counts in) between values along the stored axes.
    """

    data: bytes = field(repr=False)
    shape: tuple[int, int, int]
    times: int
    dtype: np.dtype[Any]
    offset: int
    slope: float
    intercept: float
    axes: tuple[tuple[int, int], ...]
    spacing: tuple[float, float, float]

    def stored_axis(self, axis: int) -> int:
        """The stored axis that runs along one of the patient's."""
        return next(index for index, (patient, _) in enumerate(self.axes) if patient == axis)

    @property
    def across(self) -> int:
        """The patient's axis that slices are cut across: the one with the most, of equals the one towards the head."""
        return max(range(3), key=lambda axis: (self.shape[self.stored_axis(axis)], axis))

    @property
    def slices(self) -> int:
        return self.shape[self.stored_axis(self.across)]

    @property
    def pixel(self) -> tuple[float, float]:
        """(height, width) of a pixel of a slice."""
        down, right = (self.spacing[self.stored_axis(axis)] for axis in SHOWN[self.across])
        return down, right

    def size(self) -> tuple[int, int]:
        """(width, height) of a slice as stored."""
        down, right = (self.shape[self.stored_axis(axis)] for axis in SHOWN[self.across])
        return right, down

    def at(self, time: int) -> NDArray[Any]:
        """(right, anterior, superior) of stored values at one time, each running in the direction of its name.

        Raises:
            PictureError: "truncated" or "damaged".
        """
        count = math.prod(self.shape)
        start = self.offset + time * count * self.dtype.itemsize
        stored = unfolded(self.data, start, count * self.dtype.itemsize)
        if len(stored) < count * self.dtype.itemsize:
            raise PictureError("truncated", format="NIfTI")
        values = np.frombuffer(stored, self.dtype, count).reshape(self.shape, order="F")
        values = values[tuple(slice(None, None, direction) for _, direction in self.axes)]
        return values.transpose([self.stored_axis(axis) for axis in range(3)])


def unfolded(data: bytes, start: int, length: int) -> bytes:
    """So many bytes from a position on, of a file that may be compressed; fewer where it ends before. What lies before
    and behind them is not kept.

    Raises:
        PictureError: "damaged".
    """
    if not data.startswith(_GZIP):
        return data[start : start + length]
    kept, position, rest = bytearray(), 0, data
    stream = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        while len(kept) < length and (rest or not stream.eof):
            piece = stream.decompress(rest, _PIECE)
            rest = stream.unconsumed_tail
            if stream.eof:
                rest, stream = stream.unused_data, zlib.decompressobj(zlib.MAX_WBITS | 16)
                if not rest.startswith(_GZIP):
                    rest = b""
            elif not piece and not rest:
                break
            kept += piece[max(0, start - position) :]
            position += len(piece)
            if not rest and stream.eof:
                break
    except zlib.error as error:
        raise PictureError("damaged", format="NIfTI") from error
    return bytes(kept[:length])


def recognises(data: bytes) -> bool:
    """Whether bytes, unfolded where they are compressed, begin with a header that the values follow."""
    try:
        start = unfolded(data, 0, 352)
    except PictureError:
        return False
    if len(start) < 352:
        return False
    lengths = (int.from_bytes(start[:4], "little"), int.from_bytes(start[:4], "big"))
    return any(
        length in _HEADERS and start[_HEADERS[length][1] : _HEADERS[length][1] + 4] == _HEADERS[length][2]
        for length in lengths
    )


def read_volumes(data: bytes, limits: Limits) -> NiftiVolumes:
    """What a file declares.

    Raises:
        PictureError: "damaged", "unsupported_mode", "unfolds_to_too_much" or a size that `limits` refuse.
    """
    start = unfolded(data, 0, 540)
    kind = (
        Nifti2Header if 540 in (int.from_bytes(start[:4], "little"), int.from_bytes(start[:4], "big")) else Nifti1Header
    )
    try:
        header = kind.from_fileobj(io.BytesIO(start), check=False)
        shape = tuple(int(side) for side in header.get_data_shape())
        dtype = header.get_data_dtype()
        offset = int(header["vox_offset"])
        slope, intercept = header.get_slope_inter()
        axes = io_orientation(header.get_best_affine())
        spacing = [abs(float(zoom)) for zoom in header.get_zooms()[:3]]
    except Exception as error:
        # nibabel raises its own errors, ValueError, OverflowError, KeyError and NumPy's.
        raise PictureError("damaged", format="NIfTI") from error
    if not shape or min(shape) < 1 or not header.single_magic or offset < 0 or np.isnan(axes).any():
        raise PictureError("damaged", format="NIfTI")
    volume = (*shape, 1, 1)[:3]
    if dtype.kind not in "iuf" or dtype.itemsize > 8:
        raise PictureError("unsupported_mode", format="NIfTI", mode=f"values of type {dtype}"[:60])
    total = offset + math.prod(shape) * dtype.itemsize
    if total > limits.session_bytes:
        raise PictureError(
            "unfolds_to_too_much", format="NIfTI", megabytes=total / 2**20, limit_megabytes=limits.session_bytes / 2**20
        )
    for side in volume:
        limits.check_dimensions(side, 1)
    spacing = [zoom if 0 < zoom < 1e6 else 1.0 for zoom in [*spacing, 1.0, 1.0][:3]]
    file = NiftiVolumes(
        data=data,
        shape=volume,  # type: ignore[arg-type]
        times=math.prod(shape[3:]),
        dtype=dtype,
        offset=offset,
        slope=1.0 if slope is None else float(slope),
        intercept=0.0 if intercept is None else float(intercept),
        axes=tuple((int(axis), int(direction)) for axis, direction in axes),
        spacing=(spacing[0], spacing[1], spacing[2]),
    )
    limits.check_dimensions(*file.size())
    return file
