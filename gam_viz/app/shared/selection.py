"""What a page about networks and a picture looks at, as it was chosen in the sidebar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gam_viz.images import Picture, Source
from gam_viz.networks.opened import OpenedNetwork


@dataclass(frozen=True)
class Selection:
    """What was chosen.

    Attributes:
        networks: two or more, in the order of the columns; or a single own one. Each is asked about the region that
            was chosen, where one was.
        picture: what is looked at.
        title: the picture's name for people.
        credit: who made it; empty for an upload.
        label: the class a person would name, or None where it is not known.
        fit: how the picture is made square.
        target: index of a class for all networks, or None for what each predicts.
        medical: whether the picture, or what a network was trained on, comes from medicine.
        regions: what is known to lie where in the picture, name -> (H, W) bool.
        source: the uploaded file that it is a picture of; None for a sample or a test picture.
    """

    networks: tuple[OpenedNetwork, ...]
    picture: Picture
    title: str
    credit: str
    label: str | None
    fit: str
    target: int | None
    medical: bool
    regions: Mapping[str, npt.NDArray[np.bool_]]
    source: Source | None = None

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names of the data set."""
        return self.networks[0].card.classes
