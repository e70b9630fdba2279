"""`open_source`: an uploaded file's bytes -> what it holds and offers.

The order is the safety: count the bytes, look what the content is, read what it declares and refuse by that, and only
then let one decoder, never a choice of decoders, see the part of the file that it needs. Opening decodes nothing.
Everything happens in memory.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace

import numpy as np

from gam_viz.images.errors import naming
from gam_viz.images.facts import Fact, Window
from gam_viz.images.formats.dicom.header import open_dicom, rescale, spacing, windows
from gam_viz.images.formats.dicom.pixels import check_syntax
from gam_viz.images.formats.pillow import declared
from gam_viz.images.formats.raster.header import RasterFile
from gam_viz.images.formats.sniff import format_of_suffix, sniff
from gam_viz.images.formats.to_rgb import is_deep_grey
from gam_viz.images.limits import LIMITS, Limits
from gam_viz.images.picture import Note
from gam_viz.images.source import Source, as_raster


def open_source(data: bytes, name: str, limits: Limits = LIMITS) -> Source:
    """What an uploaded file holds, from what it declares.

    Args:
        data: the file's bytes.
        name: the file's name; used for display and for a note when it promises another format, never to choose a
            decoder.
        limits: what to accept.

    Raises:
        PictureError: the file is refused; nothing else is raised, whatever the bytes are.
    """
    name = clean_name(name)
    with naming(name):
        limits.check_file_size(len(data))
        format = sniff(data)
        sha256 = hashlib.sha256(data).hexdigest()
        if format == "DICOM":
            source = _dicom_source(data, name, sha256, limits)
        else:
            raster = as_raster(data, limits) if format == "TIFF" else None
            if raster is not None:
                source = _raster_source(data, name, sha256, raster, limits)
            else:
                source = _picture_source(data, name, sha256, format, limits)
    notes = source.notes
    suffix, promised = format_of_suffix(name)
    if promised not in (None, format):
        notes = (Note("name_differs_from_format", {"suffix": suffix, "format": format}), *notes)
    return replace(source, notes=notes)


def clean_name(name: str) -> str:
    """A file's name fit to be printed on one line: no folders, no control characters, at most 120
    characters."""
    base = re.split(r"[/\\]", name)[-1]
    base = "".join(letter if letter.isprintable() else " " for letter in base).strip()
    if len(base) > 120:
        base = base[:80] + "..." + base[-37:]
    return base or "picture"


def _picture_source(data: bytes, name: str, sha256: str, format: str, limits: Limits) -> Source:
    essentials, mode = declared(data, format, limits)
    deep = is_deep_grey(mode)
    frames, notes = _frames(essentials.frames, limits, said=False)
    return Source(
        kind="picture",
        name=name,
        format=format,
        sha256=sha256,
        size=essentials.size,
        mode=mode,
        frames=frames,
        dtype="uint16" if deep else "uint8",
        value_range=(0.0, 65_535.0 if deep else 255.0),
        windows=(Window("minmax"), Window("full")) if deep else (),
        stretchable=deep,
        facts=_size_facts(essentials.size, essentials.frames),
        notes=notes,
        limits=limits,
        data=data,
        file=essentials,
    )


def _dicom_source(data: bytes, name: str, sha256: str, limits: Limits) -> Source:
    file = open_dicom(data, limits)
    compression = check_syntax(file)
    frames, notes = _frames(file.frames, limits, said=True)
    slope, intercept = rescale(file, 0)
    ends = (-(2.0 ** (file.bits_stored - 1)), 2.0 ** (file.bits_stored - 1) - 1)
    low, high = ends if file.signed else (0.0, 2.0**file.bits_stored - 1)
    facts = list(_size_facts((file.columns, file.rows), file.frames))
    facts += [Fact("modality", {"modality": file.modality})] if file.modality else []
    facts += [Fact("photometric", {"photometric": file.photometric}), Fact("bits", {"bits": file.bits_stored})]
    facts += [Fact("compression", {"compression": compression})] if compression else []
    pixel = spacing(file)
    if pixel is not None:
        code = "detector_spacing" if pixel[2] else "pixel_spacing"
        facts.append(Fact(code, {"row": pixel[0], "column": pixel[1]}))
    whole = file.keyword == "PixelData"
    return Source(
        kind="dicom",
        name=name,
        format="DICOM",
        sha256=sha256,
        size=(file.columns, file.rows),
        mode=f"{file.bits_stored}-bit {file.photometric}",
        frames=frames,
        dtype=f"{'' if file.signed else 'u'}int{max(8, file.bits_allocated)}"
        if whole
        else f"float{file.bits_allocated}",
        value_range=tuple(sorted((low * slope + intercept, high * slope + intercept))) if whole else None,  # type: ignore[arg-type]
        windows=windows(file),
        stretchable=file.grey,
        facts=tuple(facts),
        notes=notes,
        limits=limits,
        file=file,
    )


def _raster_source(data: bytes, name: str, sha256: str, file: RasterFile, limits: Limits) -> Source:
    frames, notes = _frames(file.pages, limits, said=False)
    whole = np.dtype(file.dtype).kind in "iu"
    return Source(
        kind="raster",
        name=name,
        format="TIFF",
        sha256=sha256,
        size=(file.width, file.height),
        mode=file.mode,
        frames=frames,
        dtype=file.dtype,
        bands=file.bands,
        value_range=(float(np.iinfo(file.dtype).min), float(np.iinfo(file.dtype).max)) if whole else None,
        windows=() if file.paletted else (Window("minmax"), *([Window("full")] if whole else [])),
        stretchable=not file.paletted,
        facts=(*_size_facts((file.width, file.height), file.pages), *file.facts),
        notes=notes,
        limits=limits,
        data=data,
        file=file,
    )


def _frames(declared: int, limits: Limits, *, said: bool) -> tuple[int, tuple[Note, ...]]:
    """How many frames are offered, and a note where that is not all and nothing else will say so."""
    if declared <= limits.frames:
        return declared, ()
    note = Note("frames_limited", {"frames": declared, "limit": limits.frames})
    return limits.frames, (note,) if said else ()


def _size_facts(size: tuple[int, int], frames: int) -> tuple[Fact, ...]:
    facts = (Fact("size", {"width": size[0], "height": size[1]}),)
    return (*facts, Fact("frames", {"frames": frames})) if frames > 1 else facts
