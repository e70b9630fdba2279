"""`Source`: an uploaded file, opened but not decoded: what it holds, and which ways to look at it it offers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gam_viz.images.bands import Bands
from gam_viz.images.errors import PictureError
from gam_viz.images.facts import Band, Fact, Window
from gam_viz.images.picture import Note
from gam_viz.images.rendering import Rendering

Kind = Literal["picture", "dicom", "raster"]


class Rendered(NamedTuple):
    """One look at a file.

    Attributes:
        pixels: (H, W, 3) uint8 RGB, upright and opaque.
        mode: how the values are stored that it was made of.
        size: (width, height) as stored.
        notes: what was done, in order.
    """

    pixels: NDArray[np.uint8]
    mode: str
    size: tuple[int, int]
    notes: tuple[Note, ...] = ()


class PictureFile:
    """What a format's reader keeps of a file. A format without choices has only `show` to write."""

    def show(self, rendering: Rendering) -> Rendered:
        """Decode what a resolved rendering asks for.

        Raises:
            PictureError: it cannot be decoded, or asks for too much.
        """
        raise NotImplementedError

    def resolve(self, rendering: Rendering) -> Rendering:
        """A rendering with all that was left open chosen as suits the file.

        Raises:
            PictureError: the file does not offer what was chosen.
        """
        refuse_choices(rendering, "band", "region", "window", "stretch")
        return rendering

    def bands_of(self, rendering: Rendering, key: str) -> Bands | None:
        """All bands of what a resolved rendering shows, under a key of its bytes and part; None where its channels are
        no bands."""
        return None

    def first_look(self) -> Rendering:
        """The rendering to begin with.

        Raises:
            PictureError: no part of the file can be read.
        """
        return Rendering()

    def measured_range(self, rendering: Rendering) -> tuple[float, float]:
        """The smallest and the largest value of what a resolved rendering shows, in the file's units.

        Raises:
            PictureError: it cannot be decoded, or has no values to window ("not_adjustable").
        """
        raise PictureError("not_adjustable", choice="window")


def refuse_choices(rendering: Rendering, *choices: str) -> None:
    """Refuse the first of these choices that a rendering makes.

    Raises:
        PictureError: "not_adjustable".
    """
    for choice in choices:
        if getattr(rendering, "bands" if choice == "band" else choice) is not None:
            raise PictureError("not_adjustable", choice=choice)


@dataclass(frozen=True, eq=False)
class Source:
    """An uploaded file, opened but not decoded.

    Attributes:
        kind: "picture" (colours for eyes), "dicom" (measured grey with windows, or colour) or "raster" (bands).
        size: (width, height) in pixels as stored; of the first frame.
        mode: how values are stored: Pillow's mode ("RGB", "I;16"), "4 x uint16", "16-bit MONOCHROME2".
        file: what the format's reader keeps of it; of DICOM nothing that says who is on the picture.
        frames: how many pictures can be chosen from with `Rendering.frame`.
        times: how many volumes of them there are, of which `Rendering.time` chooses one.
        dtype: NumPy's name of the type of a value.
        bands: of a raster; empty for others, whose channels are no choice.
        value_range: smallest and largest value that can be stored, in the file's units; None for floating point.
            `measured_range` says which occur.
        windows: what can be laid on grey values, best first; empty where there is nothing to window.
        stretchable: whether percentiles can be chosen.
        facts: what the file says about itself, for people. Nothing about a patient is ever read.
        notes: what is to be said about the file whatever the rendering.
        name: the file's name without folders, safe to print on one line.
        format: what the content is ("PNG", "DICOM", ...), whatever the name says.
        sha256: of the uploaded bytes.
    """

    kind: Kind
    size: tuple[int, int]
    mode: str
    file: PictureFile = field(repr=False)
    frames: int = 1
    times: int = 1
    dtype: str = "uint8"
    bands: tuple[Band, ...] = ()
    value_range: tuple[float, float] | None = (0.0, 255.0)
    windows: tuple[Window, ...] = ()
    stretchable: bool = False
    facts: tuple[Fact, ...] = ()
    notes: tuple[Note, ...] = ()
    name: str = ""
    format: str = ""
    sha256: str = ""

    def resolve(self, rendering: Rendering | None = None) -> Rendering:
        """A rendering with all that was left open chosen as suits the file. Pictures for eyes leave it open.

        Raises:
            PictureError: the file does not offer what was chosen.
        """
        rendering = rendering or Rendering()
        if rendering.frame >= self.frames:
            raise PictureError("no_such_frame", frame=rendering.frame, frames=f"0 to {self.frames - 1}")
        if rendering.time >= self.times:
            raise PictureError("no_such_time", time=rendering.time, last=self.times - 1)
        return self.file.resolve(rendering)


def size_facts(size: tuple[int, int], frames: int) -> tuple[Fact, ...]:
    """How large a picture is, and how many there are."""
    facts = (Fact("size", {"width": size[0], "height": size[1]}),)
    return (*facts, Fact("frames", {"frames": frames})) if frames > 1 else facts
