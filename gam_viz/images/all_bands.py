"""What a network of other than three channels, or one, is given of a picture: all its bands, in one unit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from gam_viz.images.bands import Bands
from gam_viz.images.picture import Note, Picture
from gam_viz.text.refusal import RefusalError


def takes_stored(mean: Sequence[float], std: Sequence[float]) -> bool:
    """Whether a network of that normalisation was trained on numbers as they are stored, and not on 0..1 or -1..1."""
    return max(map(abs, (*mean, *std))) > 1


def bands_for(picture: Picture, mean: Sequence[float], std: Sequence[float]) -> tuple[Bands, int, float]:
    """The picture's bands for a network of as many channels as `mean` has values, how many they are, and what their
    values are divided by.

    Whole numbers are divided by the largest of their type, so that they lie in 0..1 (-1..1 of signed ones); but where
    the network's own mean or standard deviation is larger than that, it was trained on the numbers as they are stored,
    and gets them so. Floating point is left as it is.

    Raises:
        RefusalError: the picture has another number of bands.
    """
    wanted, bands = len(mean), picture.bands
    count = 3 if bands is None else len(bands.names) - bands.opacity
    if bands is None or wanted not in (count, len(bands.names)):
        raise RefusalError("errors.reason.bands", given=count, wanted=wanted)
    as_stored = bands.largest is None or takes_stored(mean, std)
    return bands, wanted, 1.0 if as_stored or bands.largest is None else bands.largest


def planes_of(bands: Bands, count: int, divisor: float, mean: Sequence[float]) -> Iterator[NDArray[np.float32]]:
    """(H, W) float32, band after band, as the network's normalisation expects them; what is no number is the mean."""
    for plane, usual in zip(bands.read(count), mean, strict=True):
        values = (plane / divisor).astype(np.float32)
        yield np.where(np.isfinite(values), values, np.float32(usual))


def note_of(bands: Bands, count: int, divisor: float) -> Note:
    """What the network was given, to be told."""
    code = "bands_given" if divisor == 1 else "bands_given_divided"
    return Note(code, {"bands": count, "names": ", ".join(bands.names[:count]), "divisor": divisor})
