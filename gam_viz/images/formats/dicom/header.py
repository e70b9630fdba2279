"""DICOM: what a file declares about its pixels and how it wants them shown. Nothing is decoded here.

The steps from stored values to grey (PS3.3, C.11; PS3.4, N.2) are taken in `display`, in the standard's order:
modality table or slope, then window, then the inversion of MONOCHROME1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from gam_viz.images.errors import PictureError
from gam_viz.images.facts import Window, printable
from gam_viz.images.formats.dicom.elements import numbers, read_elements, shorts, text
from gam_viz.images.formats.dicom.walk import PIXELS, Elements, Field
from gam_viz.images.limits import Limits

CT_WINDOWS = {"lung": (-600.0, 1500.0), "bone": (300.0, 1500.0), "brain": (40.0, 80.0), "abdomen": (40.0, 400.0)}
"""Name -> (centre, width) in Hounsfield units, as radiologists commonly set them."""

GREY = ("MONOCHROME1", "MONOCHROME2")
_COLOUR = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_PARTIAL_420", "YBR_ICT", "YBR_RCT")
_CODE = re.compile(r"[A-Z0-9]{2,6}\Z")  # a modality; anything longer is something that does not belong there
_FLOAT_BITS = {"FloatPixelData": 32, "DoubleFloatPixelData": 64}


@dataclass(frozen=True)
class DicomFile:
    """What a DICOM file declares.

    Attributes:
        elements: the listed elements, by keyword.
        order: "<" or ">", the order of bytes.
        syntax: the transfer syntax' UID.
        columns: pixels across.
        rows: pixels down.
        frames: pictures in the file; at least 1.
        samples: values a pixel: 1 (grey or palette) or 3.
        photometric: what a value stands for: "MONOCHROME2", "RGB", ...
        bits_allocated: 1, 8, 16, 32 or 64.
        bits_stored: of those, the ones that are used.
        high_bit: the place of the highest of them, from 0; `bits_stored` - 1 where they lie at the low end.
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
    high_bit: int
    signed: bool
    planar: bool
    keyword: str
    modality: str

    @property
    def pixels(self) -> Field:
        """The element of the pixels, compressed or not."""
        return self.elements[self.keyword]

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
    keyword = next((keyword for keyword in PIXELS if keyword in elements), None)
    if keyword is None:
        raise PictureError("no_pixel_data", format="DICOM")

    def whole(keyword: str, default: int = 0) -> int:
        return next(iter(shorts(elements, keyword, order)), default)

    rows, columns, samples = whole("Rows"), whole("Columns"), whole("SamplesPerPixel", 1)
    limits.check_dimensions(columns, rows)
    photometric = text(elements, "PhotometricInterpretation") or ("MONOCHROME2" if samples == 1 else "")
    allocated = _FLOAT_BITS.get(keyword) or whole("BitsAllocated")
    stored = min(whole("BitsStored", allocated) or allocated, allocated)
    high_bit = whole("HighBit", stored - 1)
    known = (samples == 1 and photometric in (*GREY, "PALETTE COLOR")) or (samples == 3 and photometric in _COLOUR)
    if not known or allocated not in (1, 8, 16, 32, 64) or (samples == 3 and allocated not in (8, 16, 32)):
        mode = f"{samples} x {allocated}-bit {printable(photometric, 16) or 'unknown'}"
        raise PictureError("unsupported_mode", format="DICOM", mode=mode)
    modality = text(elements, "Modality")
    return DicomFile(
        elements=elements,
        order=order,
        syntax=syntax,
        columns=columns,
        rows=rows,
        frames=max(1, int(next(iter(numbers(elements, "NumberOfFrames")), 1))),
        samples=samples,
        photometric=photometric,
        bits_allocated=allocated,
        bits_stored=stored,
        high_bit=high_bit if stored <= high_bit < allocated else stored - 1,
        signed=whole("PixelRepresentation") == 1,
        planar=whole("PlanarConfiguration") == 1,
        keyword=keyword,
        modality=modality if _CODE.match(modality) else "",
    )


def groups(file: DicomFile, frame: int) -> list[Elements]:
    """Where to look for what is said of one frame: its own functional groups, those of all frames, the file."""
    parts: list[Elements] = []
    for keyword, index in (("PerFrameFunctionalGroupsSequence", frame), ("SharedFunctionalGroupsSequence", 0)):
        if keyword in file.elements and index < len(file.elements[keyword].items):
            group = file.elements[keyword].items[index]
            for part in ("FrameVOILUTSequence", "PixelValueTransformationSequence", "PixelMeasuresSequence"):
                if part in group:
                    parts += group[part].items[:1]
    return [*parts, file.elements]


def rescale(file: DicomFile, frame: int) -> tuple[float, float]:
    """(slope, intercept) from stored values to the file's units; (1, 0) where it gives none."""
    for group in groups(file, frame):
        slope, intercept = numbers(group, "RescaleSlope")[:1], numbers(group, "RescaleIntercept")[:1]
        if slope and intercept:
            return slope[0], intercept[0]
    return 1.0, 0.0


def modality_table(file: DicomFile) -> Elements | None:
    """The table from stored values to the file's units, where it has one."""
    return next(iter(_items(file, "ModalityLUTSequence")), None)


def grey_tables(file: DicomFile) -> list[Elements]:
    """The file's own tables of grey values."""
    return _items(file, "VOILUTSequence")


def window_function(file: DicomFile) -> str:
    """ "LINEAR", "LINEAR_EXACT" or "SIGMOID" (PS3.3, C.11.2.1.3)."""
    function = next((text(group, "VOILUTFunction") for group in groups(file, 0) if "VOILUTFunction" in group), "")
    return function if function in ("LINEAR_EXACT", "SIGMOID") else "LINEAR"


def windows(file: DicomFile, frame: int = 0) -> tuple[Window, ...]:
    """What can be laid on the file's values, best first: its own tables and windows, those for CT, its whole range."""
    if not file.grey:
        return ()
    offered = [
        Window(f"lut:{index}", printable(text(table, "LUTExplanation")))
        for index, table in enumerate(grey_tables(file)[:16])
    ]
    for group in groups(file, frame):
        pairs = list(zip(numbers(group, "WindowCenter"), numbers(group, "WindowWidth"), strict=False))[:16]
        names = text(group, "WindowCenterWidthExplanation").split("\\")
        for index, (centre, width) in enumerate(pairs):
            if width > 0:
                label = printable(names[index]) if index < len(names) else ""
                offered.append(Window(f"file:{index}", label, centre, width))
        if pairs:
            break
    if file.modality == "CT":
        offered += [Window(name, "", *CT_WINDOWS[name]) for name in CT_WINDOWS]
    return (*offered, Window("minmax"))


def spacing(file: DicomFile) -> tuple[float, float, bool] | None:
    """(height, width) of a pixel in mm, and whether that is measured at the detector; None where it is not told."""
    for group in groups(file, 0):
        for keyword in ("PixelSpacing", "ImagerPixelSpacing"):
            pair = numbers(group, keyword)
            if len(pair) == 2 and min(pair) > 0:
                return pair[0], pair[1], keyword == "ImagerPixelSpacing"
    return None


def padding(file: DicomFile) -> tuple[int, int] | None:
    """The smallest and the largest stored value that fill what was not measured (PS3.3, C.7.5.1.1.2)."""
    ends = [
        next(iter(shorts(file.elements, keyword, file.order, signed=file.signed)), None)
        for keyword in ("PixelPaddingValue", "PixelPaddingRangeLimit")
    ]
    if ends[0] is None:
        return None
    other = ends[0] if ends[1] is None else ends[1]
    return min(ends[0], other), max(ends[0], other)


def _items(file: DicomFile, keyword: str) -> list[Elements]:
    return file.elements[keyword].items if keyword in file.elements else []
