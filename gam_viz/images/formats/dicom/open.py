"""DICOM's entry in the registry, and what is kept of an opened file."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gam_viz.images.facts import Fact
from gam_viz.images.formats.dicom import display
from gam_viz.images.formats.dicom.elements import PREAMBLE, begins_without_preamble
from gam_viz.images.formats.dicom.header import DicomFile, open_dicom, rescale, spacing, windows
from gam_viz.images.formats.dicom.pixels import check_syntax
from gam_viz.images.formats.picture_format import PictureFormat
from gam_viz.images.limits import Limits
from gam_viz.images.picture import Note
from gam_viz.images.rendering import Rendering
from gam_viz.images.source import PictureFile, Rendered, Source, size_facts


@dataclass(frozen=True, eq=False)
class DicomFrames(PictureFile):
    """The listed elements of a DICOM file; its bytes, which say who is on the picture, are not kept.

    Attributes:
        header: the elements.
        mode: how values are stored, for people.
        limits: what is accepted.
    """

    header: DicomFile
    mode: str
    limits: Limits

    def resolve(self, rendering: Rendering) -> Rendering:
        if rendering.window is None and rendering.stretch is None:
            rendering = replace(rendering, window=display.default_window(self.header, rendering.frame))
        display.check(self.header, rendering)
        return rendering

    def show(self, rendering: Rendering) -> Rendered:
        pixels, notes = display.render_frame(self.header, rendering, self.limits)
        return Rendered(pixels, self.mode, (self.header.columns, self.header.rows), notes)

    def measured_range(self, rendering: Rendering) -> tuple[float, float]:
        return display.measured_range(self.header, rendering.frame, self.limits)


def _open(data: bytes, limits: Limits) -> Source:
    file = open_dicom(data, limits)
    mode = f"{file.bits_stored}-bit {file.photometric}"
    whole = file.keyword == "PixelData"
    return Source(
        kind="dicom",
        size=(file.columns, file.rows),
        mode=mode,
        file=DicomFrames(file, mode, limits),
        frames=min(file.frames, limits.frames),
        dtype=f"{'' if file.signed else 'u'}int{max(8, file.bits_allocated)}"
        if whole
        else f"float{file.bits_allocated}",
        value_range=_value_range(file) if whole else None,
        windows=windows(file),
        stretchable=file.grey,
        facts=_facts(file, check_syntax(file)),
        notes=(Note("frames_limited", {"frames": file.frames, "limit": limits.frames}),)
        if file.frames > limits.frames
        else (),
    )


def _value_range(file: DicomFile) -> tuple[float, float]:
    """The smallest and the largest value that can be stored, in the file's units."""
    slope, intercept = rescale(file, 0)
    half = 2.0 ** (file.bits_stored - 1)
    ends = (-half, half - 1) if file.signed else (0.0, 2 * half - 1)
    low, high = sorted(end * slope + intercept for end in ends)
    return low, high


def _facts(file: DicomFile, compression: str) -> tuple[Fact, ...]:
    facts = list(size_facts((file.columns, file.rows), file.frames))
    facts += [Fact("modality", {"modality": file.modality})] if file.modality else []
    facts += [Fact("photometric", {"photometric": file.photometric}), Fact("bits", {"bits": file.bits_stored})]
    facts += [Fact("compression", {"compression": compression})] if compression else []
    pixel = spacing(file)
    if pixel is not None:
        code = "detector_spacing" if pixel[2] else "pixel_spacing"
        facts.append(Fact(code, {"row": pixel[0], "column": pixel[1]}))
    return tuple(facts)


def _recognises(data: bytes) -> bool:
    return data[128:132] == PREAMBLE or begins_without_preamble(data)


DICOM = PictureFormat("DICOM", ("dcm", "dicom", "dic"), _recognises, _open)
