"""A picture that was chosen, wherever it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from gam_viz.images import Picture, Source


@dataclass(frozen=True)
class Chosen:
    """A picture, and what is known about it.

    Attributes:
        picture: what is looked at.
        title: its name for people.
        credit: who made it; empty for an upload.
        label: the class a person would name, or None where it is not known.
        medical: whether it comes from medicine.
        regions: what is known to lie where: "object" or "tag" -> (H, W) bool over the picture.
        source: the uploaded file that it is a picture of; None for a sample or a test picture.
    """

    picture: Picture
    title: str
    credit: str = ""
    label: str | None = None
    medical: bool = False
    regions: Mapping[str, npt.NDArray[np.bool_]] = field(default_factory=dict)
    source: Source | None = None
