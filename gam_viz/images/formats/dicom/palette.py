"""DICOM's palettes: three tables, plain or written in segments (PS3.3, C.7.9).

pydicom expands segments as far as they say; a few hundred kilobytes can say billions of entries, so here expansion
ends where the table's declared length does.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gam_viz.images.errors import PictureError
from gam_viz.images.formats.dicom.elements import shorts
from gam_viz.images.formats.dicom.header import DicomFile


def palette_to_rgb(file: DicomFile, values: NDArray[np.integer]) -> NDArray[np.uint8]:
    """(rows, columns) of stored values -> (rows, columns, 3) uint8, by the file's own table.

    Raises:
        PictureError: "damaged": a table is missing or too short.
    """
    rgb = np.empty((*values.shape, 3), np.uint8)
    for channel, colour in enumerate(("Red", "Green", "Blue")):
        shape = shorts(file.elements, f"{colour}PaletteColorLookupTableDescriptor", file.order)
        if len(shape) != 3:
            raise PictureError("damaged", format="DICOM")
        count, first, bits = shape[0] or 65_536, shape[1], shape[2]
        if file.signed and first > 32_767:
            first -= 65_536
        plain = file.elements.get(f"{colour}PaletteColorLookupTableData")
        segmented = file.elements.get(f"Segmented{colour}PaletteColorLookupTableData")
        if plain is not None:
            table = _plain(plain.value, file.order, count)
        elif segmented is not None:
            table = _segmented(segmented.value, file.order, count)
        else:
            raise PictureError("damaged", format="DICOM")
        shift = 8 if bits == 16 or int(table.max()) > 255 else 0
        index = np.clip(values.astype(np.int64) - first, 0, count - 1)
        rgb[..., channel] = np.right_shift(table, shift).astype(np.uint8)[index]
    return rgb


def _plain(stored: bytes, order: str, count: int) -> NDArray[np.uint16]:
    # Tables of 8 bits are written byte by byte, or one to a word.
    words = len(stored) >= 2 * count
    if len(stored) < count:
        raise PictureError("truncated", format="DICOM")
    return np.frombuffer(stored, order + ("u2" if words else "u1"), count).astype(np.uint16)


def _segmented(stored: bytes, order: str, count: int) -> NDArray[np.uint16]:
    """Segments: (0, n, n values): as listed; (1, n, value): straight on to a value; (2, n, position): n segments from
    an earlier place once more."""
    words = [int(word) for word in np.frombuffer(stored, order + "u2", min(len(stored) // 2, 4 * 65_536))]
    table: list[int] = []
    todo = [(0, len(words))]  # (position, number of segments that are to be read from there)
    steps = 0
    try:
        while todo and len(table) < count:
            position, segments = todo.pop()
            if segments == 0 or (position >= len(words) and not todo):
                continue
            steps += 1
            if steps > 65_536:  # each segment should have given at least one entry
                break
            kind, length = words[position], words[position + 1]
            if kind == 0:
                table += words[position + 2 : position + 2 + length]
                after = position + 2 + length
            elif kind == 1:
                start, end = table[-1], words[position + 2]
                table += [start + (end - start) * step // length for step in range(1, min(length, count) + 1)]
                after = position + 3
            elif kind == 2 and not todo:
                after = position + 4
                todo.append((after, segments - 1))
                todo.append((words[position + 2] | words[position + 3] << 16, length))
                continue
            else:
                raise PictureError("damaged", format="DICOM")
            todo.append((after, segments - 1))
    except (IndexError, ZeroDivisionError) as error:
        raise PictureError("damaged", format="DICOM") from error
    if len(table) < count:
        raise PictureError("truncated", format="DICOM")
    return np.array(table[:count], np.uint16)
