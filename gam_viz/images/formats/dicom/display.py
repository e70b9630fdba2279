"""From DICOM's stored values to what is shown, in the standard's order: file's units, window, MONOCHROME1 last.

Formulas: PS3.3, C.11.1 (modality) and C.11.2 (window: LINEAR, LINEAR_EXACT, SIGMOID, tables).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gam_viz.images.errors import PictureError
from gam_viz.images.formats.dicom.elements import shorts
from gam_viz.images.formats.dicom.header import (
    DicomFile,
    grey_tables,
    modality_table,
    padding,
    rescale,
    window_function,
    windows,
)
from gam_viz.images.formats.dicom.palette import palette_to_rgb
from gam_viz.images.formats.dicom.pixels import decode_frame
from gam_viz.images.formats.dicom.walk import Elements
from gam_viz.images.formats.to_grey import in_blocks, limits_of, scaled, value_range
from gam_viz.images.limits import Limits
from gam_viz.images.picture import Note
from gam_viz.images.rendering import Rendering
from gam_viz.images.source import refuse_choices

_LARGE = 8_000_000  # values of one frame


def default_window(file: DicomFile, frame: int) -> str | None:
    """The file's own first table or window, else its whole range; None for colour."""
    offered = [window.id for window in windows(file, frame)]
    return next((id for id in offered if ":" in id or id == "minmax"), None)


def check(file: DicomFile, rendering: Rendering) -> None:
    """Refuse a rendering that the file does not have.

    Raises:
        PictureError: "no_such_window" or "not_adjustable".
    """
    refuse_choices(rendering, "band", "region", *(() if file.grey else ("window", "stretch")))
    if isinstance(rendering.window, str):
        offered = [window.id for window in windows(file, rendering.frame)]
        if rendering.window not in offered:
            raise PictureError(
                "no_such_window", window=rendering.window, offered=f"{', '.join(offered[:12])}, centre_width"
            )


def measured_range(file: DicomFile, frame: int, limits: Limits) -> tuple[float, float]:
    """The smallest and the largest value of a frame, in the file's units, padding left out.

    Raises:
        PictureError: the frame cannot be decoded, or is colour ("not_adjustable").
    """
    if not file.grey:
        raise PictureError("not_adjustable", choice="window")
    stored = decode_frame(file, frame, limits)
    return value_range(_to_units(file, stored, frame)[0], _measured(file, stored))


def render_frame(file: DicomFile, rendering: Rendering, limits: Limits) -> tuple[NDArray[np.uint8], tuple[Note, ...]]:
    """One frame as it is shown.

    Args:
        file: opened.
        rendering: checked; with a window or percentiles for grey.
        limits: what a compressed frame may declare.

    Returns:
        (rows, columns, 3) uint8 RGB, and what was done.

    Raises:
        PictureError: the frame cannot be decoded, or "damaged" tables.
    """
    stored = decode_frame(file, rendering.frame, limits)
    if file.photometric == "PALETTE COLOR":
        return palette_to_rgb(file, stored), (Note("palette_expanded"),)
    if not file.grey:
        return _colour(file, stored)
    values, notes = _to_units(file, stored, rendering.frame)
    shares, note = _windowed(file, stored, values, rendering)
    notes = [*notes, note]
    if file.photometric == "MONOCHROME1":
        shares = 255 - shares
        notes.append(Note("white_is_smallest"))
    return np.repeat(shares[..., None], 3, axis=2), tuple(notes)


def _colour(file: DicomFile, stored: NDArray[Any]) -> tuple[NDArray[np.uint8], tuple[Note, ...]]:
    notes = () if file.photometric == "RGB" else (Note("ycbcr_converted"),)
    if stored.dtype == np.uint8 and file.bits_stored == 8:
        return stored, notes
    most = 2.0**file.bits_stored - 1
    rgb = np.stack([scaled(stored[..., channel], None, 0.0, most) for channel in range(3)], axis=-1)
    return rgb, (*notes, Note("sixteen_bit_reduced"))


def _to_units(file: DicomFile, stored: NDArray[Any], frame: int) -> tuple[NDArray[Any], list[Note]]:
    """Stored values -> the file's units (Hounsfield units for CT)."""
    table = modality_table(file)
    if table is not None:
        return _looked_up(file, table, stored, signed=file.signed)[0], [Note("values_looked_up")]
    slope, intercept = rescale(file, frame)
    if (slope, intercept) == (1.0, 0.0):
        return stored, []
    # Large frames in half the memory: 24 bits hold every 16-bit value.
    kind = np.float32 if stored.size > _LARGE and stored.itemsize <= 2 else np.float64
    values: NDArray[Any] = stored.astype(kind)
    with np.errstate(over="ignore"):
        values *= slope
        values += intercept
    return values, [Note("values_rescaled", {"slope": slope, "intercept": intercept})]


def _windowed(
    file: DicomFile, stored: NDArray[Any], values: NDArray[Any], rendering: Rendering
) -> tuple[NDArray[np.uint8], Note]:
    """Values in the file's units -> 0..255, and how."""
    if isinstance(rendering.window, str) and rendering.window.startswith("lut:"):
        table = grey_tables(file)[int(rendering.window[4:])]
        signed = file.signed or float(values.min()) < 0
        grey, most = _looked_up(file, table, values, signed=signed)
        return scaled(grey, None, 0.0, most), Note("grey_table_applied", {"window": rendering.window})
    if rendering.window in (None, "minmax"):
        black, white = limits_of(values, _measured(file, stored), rendering)
        return scaled(values, None, black, white), Note("values_scaled", {"low": black, "high": white})
    if isinstance(rendering.window, str):
        chosen = next(window for window in windows(file, rendering.frame) if window.id == rendering.window)
        name, centre, width = rendering.window, chosen.centre or 0.0, chosen.width or 1.0
    else:
        name, (centre, width) = "centre_width", rendering.window
    # A file's function goes with the file's windows; the others are linear.
    function = window_function(file) if name.startswith("file:") else "LINEAR"
    if function == "LINEAR" and width <= 1:
        function = "LINEAR_EXACT"  # for values such as uptake, whose whole range may be 1
    note = Note("window_applied", {"window": name, "centre": centre, "width": width})
    return window_to_grey(values, centre, width, function), note


def window_to_grey(values: NDArray[Any], centre: float, width: float, function: str = "LINEAR") -> NDArray[np.uint8]:
    """(H, W) of any type -> uint8, by one of the standard's three functions.

    LINEAR: black at centre - 0.5 - (width - 1) / 2 and below, white at centre - 0.5 + (width - 1) / 2 and above;
    LINEAR_EXACT: black at centre - width / 2, white at centre + width / 2;
    SIGMOID: 1 / (1 + exp(-4 (x - centre) / width)).
    """
    if function == "SIGMOID":
        return in_blocks(values, None, lambda x: 1 / (1 + np.exp(np.clip(-4 * (x - centre) / width, -700, 700))))
    if function == "LINEAR":
        centre, width = centre - 0.5, width - 1
    return scaled(values, None, centre - width / 2, centre + width / 2)


def _measured(file: DicomFile, stored: NDArray[Any]) -> NDArray[np.bool_] | None:
    """Where something was measured; None for everywhere."""
    fill = padding(file)
    if fill is None or stored.dtype.kind not in "iu":
        return None
    measured: NDArray[np.bool_] = (stored < fill[0]) | (stored > fill[1])
    return measured if measured.any() else None


def _looked_up(
    file: DicomFile, table: Elements, values: NDArray[Any], *, signed: bool
) -> tuple[NDArray[np.uint16], float]:
    """Values translated by a table, and the largest value that the table may hold.

    Raises:
        PictureError: "damaged" or "truncated".
    """
    shape = shorts(table, "LUTDescriptor", file.order)
    if len(shape) != 3 or "LUTData" not in table or not 1 <= shape[2] <= 16:
        raise PictureError("damaged", format="DICOM")
    count, first, bits = shape[0] % 65_536 or 65_536, shape[1], shape[2]
    if signed and first > 32_767:
        first -= 65_536
    stored = table["LUTData"].value
    if len(stored) < count:
        raise PictureError("truncated", format="DICOM")
    entries = np.frombuffer(stored, file.order + ("u2" if len(stored) >= 2 * count else "u1"), count)
    index = np.clip(np.nan_to_num(values), -(2.0**31), 2.0**31).astype(np.int64) - first
    return entries.astype(np.uint16)[np.clip(index, 0, count - 1)], 2.0**bits - 1
