"""The whole way at a glance: for every station a small picture of what each module has there."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL.ImageColor import getrgb

from gam_viz.app.inside.walkthrough.columns import WalkColumn, stations_of, steps_at
from gam_viz.app.inside.walkthrough.place import Place
from gam_viz.app.inside.walkthrough.scales import colours_of, comparable, scale_of
from gam_viz.explain.walkthrough import Step
from gam_viz.figures.pixels import painted, thumbnail, uri
from gam_viz.figures.scales import Scale

SIDE, EDGE, GAP = 44, 6, 4  # pixels: of a tile, of its edge in the module's colour, between two


def tiles_of(columns: list[WalkColumn], place: Place) -> dict[str, str]:
    """Station -> address of an image: the chosen channel of every module, beside each other in the columns' order; an
    empty place for a module that has no such step."""
    return {station: uri(np.concatenate(_row(columns, station, place), axis=1)) for station in stations_of(columns)}


def _row(columns: list[WalkColumn], station: str, place: Place) -> list[npt.NDArray[np.uint8]]:
    """Parts of (SIDE, w, 4)."""
    parts = []
    for column in columns:
        steps = column.walk.at(station)[-1:]
        parts.append(np.full((SIDE, EDGE, 4), (*getrgb(column.look.colour), 255 if steps else 0), np.uint8))
        parts.append(np.zeros((SIDE, SIDE, 4), np.uint8))
        for step in steps:
            scale = scale_of(comparable(step, steps_at(columns, station)))
            parts[-1] = np.asarray(thumbnail(_tile(step, scale, place), SIDE))
        parts.append(np.zeros((SIDE, GAP, 4), np.uint8))
    return parts[:-1]


def _tile(step: Step, scale: Scale, place: Place) -> npt.NDArray[np.uint8]:
    """(h, w, 3): the chosen map, or the numbers of a vector as stripes."""
    values = step.values
    if "row" in step.axes:
        keep = tuple(
            slice(None) if axis in ("row", "column") else place.of(axis, length)
            for axis, length in zip(step.axes, values.shape, strict=True)
        )
        values = values[keep]
    else:
        values = np.atleast_2d(values)
        values = values.repeat(max(1, values.shape[1] // values.shape[0]), axis=0)
    return painted(values, scale, colours_of(scale))
