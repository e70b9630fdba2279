"""`Rendering`: the choices that turn a file's values into a picture, as plain values with a short text form.

A radiograph has no one look, and a raster of twelve bands has none at all. What was chosen belongs to the
picture's identity: to the keys of caches, to the page's address, to the report.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from gam_viz.images.errors import PictureError

_PRESET = re.compile(r"(?:[a-z]{1,16}|(?:file|lut):\d{1,3})\Z")
_NUMBER = r"-?\d{1,19}(?:\.\d{1,19})?(?:e-?\d{1,3})?"
_FIELD = re.compile(rf"([bfrstw])({_NUMBER}(?:_{_NUMBER}){{0,3}}|[a-z]{{1,16}}(?:\.\d{{1,3}})?)\Z")
_LONGEST_KEY = 200


@dataclass(frozen=True)
class Rendering:
    """How a file is to be shown. None means: what suits the file; `Source.resolve` says what that is.

    Attributes:
        frame: which picture of the file, from 0.
        window: grey values as (centre, width), or a preset: "minmax", "full" (the number type's whole range), one
            of the file's own ("file:0", "lut:0"), or one for CT ("lung", "bone", "brain", "abdomen").
        bands: band numbers, from 1, for red, green and blue; one number thrice for a grey picture.
        stretch: percentiles, 0 to 100, of each band's values that become black and white.
        region: (left, top, right, bottom) of the part that is read, in pixels of the raster, edges excluded at
            right and bottom.
        time: which volume of a series of them, from 0.

    Raises:
        PictureError: "bad_window", "bad_stretch", "bad_region", "no_such_window", "no_such_frame", "no_such_time",
            "no_such_band" or
            "window_and_stretch"; what only the file can refuse is refused when it is rendered.
    """

    frame: int = 0
    window: str | tuple[float, float] | None = None
    bands: tuple[int, int, int] | None = None
    stretch: tuple[float, float] | None = None
    region: tuple[int, int, int, int] | None = None
    time: int = 0

    def __post_init__(self) -> None:
        if not _whole(self.frame) or self.frame < 0:
            raise PictureError("no_such_frame", frame=self.frame, frames="0 and up")
        if not _whole(self.time) or not 0 <= self.time < 2**31:
            raise PictureError("no_such_time", time=repr(self.time)[:40], last="")
        if isinstance(self.window, str):
            if not _PRESET.match(self.window):
                raise PictureError(
                    "no_such_window", window=repr(self.window)[:40], offered="minmax, full, file:0 and the like"
                )
        elif self.window is not None:
            pair = self._numbers("window", 2)
            if pair is None or not 0 < pair[1] <= 1e300 or abs(pair[0]) > 1e300:
                raise PictureError("bad_window", window=repr(self.window)[:60])
        if self.bands is not None:
            bands = self._wholes("bands", 3)
            if bands is None or not 1 <= min(bands) <= max(bands) <= 65_535:
                raise PictureError("no_such_band", band=repr(self.bands)[:40], bands="1 and up")
        if self.stretch is not None:
            pair = self._numbers("stretch", 2)
            if pair is None or not 0 <= pair[0] < pair[1] <= 100:
                raise PictureError("bad_stretch", stretch=repr(self.stretch)[:60])
            if self.window is not None:
                raise PictureError("window_and_stretch")
        if self.region is not None:
            edges = self._wholes("region", 4)
            if edges is None or not (0 <= edges[0] < edges[2] < 2**31 and 0 <= edges[1] < edges[3] < 2**31):
                raise PictureError("bad_region", region=repr(self.region)[:60])

    def to_key(self) -> str:
        """A short text of letters, digits, ".", "-", "_" and "~", which no address has to escape; empty for the
        defaults. Equal renderings have equal keys."""
        fields = [f"{letter}{number}" for letter, number in (("f", self.frame), ("t", self.time)) if number]
        if isinstance(self.window, str):
            fields.append("w" + self.window.replace(":", "."))
        for letter, values in (
            ("w", None if isinstance(self.window, str) else self.window),
            ("b", self.bands),
            ("s", self.stretch),
            ("r", self.region),
        ):
            if values is not None:
                fields.append(letter + "_".join(map(_written, values)))
        return "~".join(fields)

    @classmethod
    def from_key(cls, key: str) -> Rendering:
        """The rendering that `to_key` wrote.

        Raises:
            PictureError: "rendering_unreadable", or what the values themselves are refused with.
        """
        unreadable = PictureError("rendering_unreadable", key=key[:60])
        found: dict[str, str] = {}
        if len(key) > _LONGEST_KEY:
            raise unreadable
        for field in key.split("~") if key else ():
            match = _FIELD.match(field)
            if match is None or match[1] in found:
                raise unreadable
            found[match[1]] = match[2]
        if "_" in found.get("f", "") + found.get("t", ""):  # which int() would take for a mark between digits
            raise unreadable
        try:
            frame = int(found["f"]) if "f" in found else 0
            time = int(found["t"]) if "t" in found else 0
            window: str | tuple[float, float] | None = None
            if "w" in found:
                text = found["w"]
                centre, _, width = text.partition("_")
                window = text.replace(".", ":") if text[0].isalpha() else (float(centre), float(width))
            bands = tuple(map(int, found["b"].split("_"))) if "b" in found else None
            stretch = tuple(map(float, found["s"].split("_"))) if "s" in found else None
            region = tuple(map(int, found["r"].split("_"))) if "r" in found else None
        except ValueError as error:
            raise unreadable from error
        return cls(frame, window, bands, stretch, region, time)  # type: ignore[arg-type]  # lengths are checked there

    def _numbers(self, name: str, count: int) -> tuple[float, ...] | None:
        """The finite numbers of a field, kept as floats so that 40 and 40.0 are one; None for anything else."""
        try:
            numbers = tuple(float(value) for value in getattr(self, name))
        except (TypeError, ValueError, OverflowError):
            return None
        if len(numbers) != count or not all(map(math.isfinite, numbers)):
            return None
        object.__setattr__(self, name, numbers)
        return numbers

    def _wholes(self, name: str, count: int) -> tuple[int, ...] | None:
        """The whole numbers of a field, kept as a tuple; None for anything else."""
        values = getattr(self, name)
        if not isinstance(values, tuple | list) or len(values) != count or not all(map(_whole, values)):
            return None
        object.__setattr__(self, name, tuple(values))
        return tuple(values)


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _written(value: float) -> str:
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return repr(float(value)).replace("e+", "e")
