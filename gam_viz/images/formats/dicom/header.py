"""DICOM: what a file declares about its pixels and how it wants them shown. Nothing is decoded here.

The steps from stored values to grey (PS3.3, C.11; PS3.4, N.2) are taken in `dicom_render`, in the standard's order:
modality table or slope, then window, then the inversion of MONOCHROME1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from gam_viz.images.errors import PictureError
from gam_viz.images.facts import Window, printable
from gam_viz.images.formats.dicom.elements import (
    BITS_ALLOCATED,
    BITS_STORED,
    CENTRE,
    COLUMNS,
    DOUBLE_PIXELS,
    EXPLANATION,
    FLOAT_PIXELS,
    FRAME_GROUPS,
    FRAME_RESCALE,
    FRAME_VOI,
    FRAMES,
    FUNCTION,
    IMAGER_SPACING,
    INTERCEPT,
    LUT_EXPLANATION,
    MEASURES,
    MODALITY,
    MODALITY_LUT,
    PADDING,
    PHOTOMETRIC,
    PIXEL_SPACING,
    PIXELS,
    PLANAR,
    ROWS,
    SAMPLES,
    SHARED_GROUPS,
    SIGNED,
    SLOPE,
    VOI_LUT,
    WIDTH,
    Elements,
    Field,
    numbers,
    read_elements,
    shorts,
    text,
)
from gam_viz.images.limits import Limits

CT_WINDOWS = {"lung": (-600.0, 1500.0), "bone": (300.0, 1500.0), "brain": (40.0, 80.0), "abdomen": (40.0, 400.0)}
"""Name -> (centre, width) in Hounsfield units, as radiologists commonly set them."""

GREY = ("MONOCHROME1", "MONOCHROME2")
_COLOUR = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_PARTIAL_420", "YBR_ICT", "YBR_RCT")
_CODE = re.compile(r"[A-Z0-9]{2,6}\Z")  # a modality; anything longer is something that does not belong there
_NUMBER_TYPES = {FLOAT_PIXELS: (32, "FloatPixelData"), DOUBLE_PIXELS: (64, "DoubleFloatPixelData")}


@dataclass(frozen=True)
class DicomFile:
    """What a DICOM file declares.

    Attributes:
        elements: the listed elements, by tag.
        order: "<" or ">", the order of bytes.
        syntax: the transfer syntax' UID.
        columns: pixels across.
        rows: pixels down.
        frames: pictures in the file; at least 1.
        samples: values a pixel: 1 (grey or palette) or 3.
        photometric: what a value stands for: "MONOCHROME2", "RGB", ...
        bits_allocated: 1, 8, 16, 32 or 64.
        bits_stored: of those, the ones that are used.
        signed: whether values may be negative.
        planar: whether colours lie one after the other instead of pixel by pixel.
        keyword: pydicom's name of the element that holds the pixels: "PixelData", or one for floating point.
        modality: "CT", "MR", ...; empty where the file does not say.
    """

    elements: Elements = field(repr=False)
    order: str
    syntax: str
    columns: int
    rows: int
    frames: int
    samples: int
    photometric: str
    bits_allocated: int
    bits_stored: int
    signed: bool
    planar: bool
    keyword: str
    modality: str

    @property
    def pixels(self) -> Field:
        """The element of the pixels, compressed or not."""
        return next(self.elements[tag] for tag in (PIXELS, FLOAT_PIXELS, DOUBLE_PIXELS) if tag in self.elements)

    @property
    def grey(self) -> bool:
        """Whether values are brightnesses, which a window can be laid on."""
        return self.photometric in GREY


def open_dicom(data: bytes, limits: Limits) -> DicomFile:
    """Read what a DICOM file declares.

    Raises:
        PictureError: "no_pixel_data", "damaged", "truncated", "too_complex", "unsupported_mode", or a size that
            `limits` refuse.
    """
    elements, syntax, order = read_elements(data, limits)
    tag = next((tag for tag in (PIXELS, FLOAT_PIXELS, DOUBLE_PIXELS) if tag in elements), None)
    if tag is None:
        raise PictureError("no_pixel_data", format="DICOM")

    def whole(tag: int, default: int = 0) -> int:
        return next(iter(shorts(elements, tag, order)), default)

    rows, columns, samples = whole(ROWS), whole(COLUMNS), whole(SAMPLES, 1)
    limits.check_dimensions(columns, rows)
    photometric = text(elements, PHOTOMETRIC)
    allocated, keyword = _NUMBER_TYPES.get(tag, (whole(BITS_ALLOCATED), "PixelData"))
    stored = min(whole(BITS_STORED, allocated) or allocated, allocated)
    known = (samples == 1 and photometric in (*GREY, "PALETTE COLOR")) or (samples == 3 and photometric in _COLOUR)
    if not known or allocated not in (1, 8, 16, 32, 64) or (samples == 3 and allocated not in (8, 16, 32)):
        mode = f"{samples} x {allocated}-bit {printable(photometric, 16) or 'unknown'}"
        raise PictureError("unsupported_mode", format="DICOM", mode=mode)
    modality = text(elements, MODALITY)
    return DicomFile(
        elements=elements,
        order=order,
        syntax=syntax,
        columns=columns,
        rows=rows,
        frames=max(1, int(next(iter(numbers(elements, FRAMES)), 1))),
        samples=samples,
        photometric=photometric,
        bits_allocated=allocated,
        bits_stored=stored,
        signed=whole(SIGNED) == 1,
        planar=whole(PLANAR) == 1,
        keyword=keyword,
        modality=modality if _CODE.match(modality) else "",
    )


def groups(file: DicomFile, frame: int) -> list[Elements]:
    """Where to look for what is said of one frame: its own functional groups, those of all frames, the file."""
    found: list[Elements] = []
    for tag, index in ((FRAME_GROUPS, frame), (SHARED_GROUPS, 0)):
        if tag in file.elements and index < len(file.elements[tag].items):
            group = file.elements[tag].items[index]
            for part in (FRAME_VOI, FRAME_RESCALE, MEASURES):
                if part in group:
                    found += group[part].items[:1]
    return [*found, file.elements]


def rescale(file: DicomFile, frame: int) -> tuple[float, float]:
    """(slope, intercept) from stored values to the file's units; (1, 0) where it gives none."""
    for group in groups(file, frame):
        slope, intercept = numbers(group, SLOPE)[:1], numbers(group, INTERCEPT)[:1]
        if slope and intercept:
            return slope[0], intercept[0]
    return 1.0, 0.0


def modality_table(file: DicomFile) -> Elements | None:
    """The table from stored values to the file's units, where it has one."""
    return _first_item(file, MODALITY_LUT)


def grey_tables(file: DicomFile) -> list[Elements]:
    """The file's own tables of grey values."""
    return list(file.elements[VOI_LUT].items) if VOI_LUT in file.elements else []


def window_function(file: DicomFile) -> str:
    """ "LINEAR", "LINEAR_EXACT" or "SIGMOID" (PS3.3, C.11.2.1.3)."""
    function = next((text(group, FUNCTION) for group in groups(file, 0) if FUNCTION in group), "")
    return function if function in ("LINEAR_EXACT", "SIGMOID") else "LINEAR"


def windows(file: DicomFile, frame: int = 0) -> tuple[Window, ...]:
    """What can be laid on the file's values, best first: its own tables and windows, those for CT, its whole range."""
    if not file.grey:
        return ()
    found = [
        Window(f"lut:{index}", printable(text(table, LUT_EXPLANATION)))
        for index, table in enumerate(grey_tables(file)[:16])
    ]
    for group in groups(file, frame):
        pairs = list(zip(numbers(group, CENTRE), numbers(group, WIDTH), strict=False))[:16]
        names = text(group, EXPLANATION).split("\\")
        for index, (centre, width) in enumerate(pairs):
            if width > 0:
                label = printable(names[index]) if index < len(names) else ""
                found.append(Window(f"file:{index}", label, centre, width))
        if pairs:
            break
    if file.modality == "CT":
        found += [Window(name, "", *CT_WINDOWS[name]) for name in CT_WINDOWS]
    return (*found, Window("minmax"))


def spacing(file: DicomFile) -> tuple[float, float, bool] | None:
    """(height, width) of a pixel in mm, and whether that is measured at the detector; None where it is not told."""
    for group in groups(file, 0):
        for tag in (PIXEL_SPACING, IMAGER_SPACING):
            pair = numbers(group, tag)
            if len(pair) == 2 and min(pair) > 0:
                return pair[0], pair[1], tag == IMAGER_SPACING
    return None


def padding(file: DicomFile) -> int | None:
    """The stored value that fills what was not measured."""
    return next(iter(shorts(file.elements, PADDING, file.order, signed=file.signed)), None)


def _first_item(file: DicomFile, tag: int) -> Elements | None:
    return file.elements[tag].items[0] if tag in file.elements and file.elements[tag].items else None
