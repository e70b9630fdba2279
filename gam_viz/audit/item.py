"""One thing to be audited: what a source hands out by number, opened when it is looked at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gam_viz.images import Picture
from gam_viz.text.refusal import RefusalError

Where = tuple[int, int]


class NoDataError(RefusalError):
    """A tile that is left out, because a scene has no data there."""


@dataclass(frozen=True, eq=False)
class AuditItem:
    """A picture of a source. What it is read from is a subclass's.

    Attributes:
        name: by which its row is found again: a path below the source, a number, a tile's place.
        label: the class that is known of it, by name; None where there is none.
        corner: (left, top) of a tile in its scene, in pixels; None of others.
    """

    name: str
    label: str | None = None
    corner: Where | None = None

    def picture(self) -> Picture:
        """Read and decode it.

        Raises:
            PictureError: it is refused.
            RefusalError: it cannot be read, or (`NoDataError`) there is nothing.
            OSError: it cannot be read.
        """
        raise NotImplementedError

    def truth(self) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]] | None:
        """Two (H, W) over the picture: where the object that is named by its label lies, and what counts neither as
        the object nor as its surroundings. None where nobody knows."""
        return None
