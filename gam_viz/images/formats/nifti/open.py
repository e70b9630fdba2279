"""NIfTI: volumes of scanners, `.nii` and `.nii.gz`, shown slice by slice as a radiologist looks at them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gam_viz.images.errors import PictureError
from gam_viz.images.facts import Fact, Window
from gam_viz.images.formats.nifti.volumes import SHOWN, NiftiVolumes, read_volumes, recognises
from gam_viz.images.formats.picture_format import PictureFormat
from gam_viz.images.formats.to_grey import limits_of, scaled
from gam_viz.images.limits import Limits
from gam_viz.images.picture import Note
from gam_viz.images.rendering import Rendering
from gam_viz.images.source import PictureFile, Rendered, Source, refuse_choices, size_facts

DEFAULT_STRETCH = (1.0, 99.0)
#: By the axis that slices are cut across: what is above, and what is at the left.
_SIDES = (Note("sides_superior_anterior"), Note("sides_superior_right"), Note("sides_anterior_right"))


@dataclass(frozen=True, eq=False)
class NiftiFile(PictureFile):
    """A NIfTI file.

    Attributes:
        volumes: what it declares, and its values.
        limits: what is accepted.
    """

    volumes: NiftiVolumes
    limits: Limits

    def resolve(self, rendering: Rendering) -> Rendering:
        refuse_choices(rendering, "band", "region")
        if isinstance(rendering.window, str) and rendering.window != "minmax":
            raise PictureError("no_such_window", window=rendering.window, offered="minmax, centre_width")
        return rendering if rendering.window or rendering.stretch else replace(rendering, stretch=DEFAULT_STRETCH)

    def first_look(self) -> Rendering:
        return Rendering(frame=self.volumes.slices // 2)  # the first slices often hold nothing

    def show(self, rendering: Rendering) -> Rendered:
        volume = self.volumes.at(rendering.time)
        # One window for all slices, so that they can be compared.
        black, white = limits_of(self._in_units(_sample(volume)), None, rendering)
        if rendering.window == "minmax":
            black, white = self.measured_range(rendering)
        cut = np.take(volume, rendering.frame, axis=self.volumes.across)  # the two other axes, in their order
        down, right = SHOWN[self.volumes.across]
        shown = cut.T if down > right else cut
        grey = scaled(self._in_units(shown[::-1, ::-1]), None, black, white)
        notes = [self._window_note(rendering, black, white), _SIDES[self.volumes.across]]
        grey, stretched = self._square(grey)
        if stretched:
            row, column = self.volumes.pixel
            notes.append(Note("pixels_made_square", {"row": row, "column": column}))
        if self.volumes.times > 1:
            notes.insert(0, Note("time_shown", {"number": rendering.time + 1, "times": self.volumes.times}))
        return Rendered(
            np.repeat(grey[..., None], 3, axis=2), self.volumes.dtype.name, self.volumes.size(), tuple(notes)
        )

    def measured_range(self, rendering: Rendering) -> tuple[float, float]:
        volume = self.volumes.at(rendering.time)
        known = volume[np.isfinite(volume)] if volume.dtype.kind == "f" else volume
        if not known.size:
            return 0.0, 0.0
        low, high = sorted(
            float(end) * self.volumes.slope + self.volumes.intercept for end in (known.min(), known.max())
        )
        return low, high

    def _in_units(self, values: NDArray[Any]) -> NDArray[np.float64]:
        with np.errstate(over="ignore", invalid="ignore"):
            return values.astype(np.float64) * self.volumes.slope + self.volumes.intercept

    def _square(self, grey: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], bool]:
        """A slice with pixels as wide as high, and whether that took anything."""
        row, column = self.volumes.pixel
        height, width = grey.shape
        side = min(row, column)
        size = max(1, round(width * column / side)), max(1, round(height * row / side))
        if size == (width, height):
            return grey, False
        self.limits.check_dimensions(*size)
        return np.asarray(Image.fromarray(grey).resize(size, Image.Resampling.BILINEAR)), True

    def _window_note(self, rendering: Rendering, black: float, white: float) -> Note:
        if rendering.stretch is None:
            return Note("values_scaled", {"low": black, "high": white})
        low, high = rendering.stretch
        return Note("volume_scaled", {"low": black, "high": white, "low_percent": low, "high_percent": high})


def _sample(volume: NDArray[Any]) -> NDArray[Any]:
    """(values, 1), of which percentiles are taken: of more than four million, every k-th."""
    values: NDArray[Any] = volume.ravel(order="K")
    return values[:: -(-values.size // 4_000_000), None]


def _open(data: bytes, limits: Limits) -> Source:
    file = read_volumes(data, limits)
    size, whole = file.size(), file.dtype.kind in "iu"
    facts = [*size_facts(size, file.slices)]
    facts.append(Fact("number_type", {"dtype": file.dtype.name}))
    facts.append(Fact("pixel_spacing", {"row": file.pixel[0], "column": file.pixel[1]}))
    facts.append(Fact("slice_spacing", {"spacing": file.spacing[file.stored_axis(file.across)]}))
    return Source(
        kind="dicom",
        size=size,
        mode=file.dtype.name,
        file=NiftiFile(file, limits),
        frames=file.slices,
        times=file.times,
        dtype=file.dtype.name if whole and (file.slope, file.intercept) == (1, 0) else "float64",
        value_range=None,
        windows=(Window("minmax"),),
        stretchable=True,
        facts=tuple(facts),
    )


NIFTI = PictureFormat("NIfTI", ("nii", "gz"), recognises, _open)
