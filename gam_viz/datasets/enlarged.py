"""Pictures that are held small and enlarged when they are asked for: 60,000 at 128 pixels would take 3 GB."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image


class EnlargedImages:
    """Like an array (N, side, side, 3) uint8, bicubic enlargements of one of small pictures.

    Args:
        small: (N, h, h, 3) uint8.
        side: of the enlarged pictures.
    """

    ndim = 4
    dtype = np.dtype(np.uint8)

    def __init__(self, small: npt.NDArray[np.uint8], side: int) -> None:
        self.small, self.side = small, side

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(N, side, side, 3)."""
        return (len(self.small), self.side, self.side, 3)

    def __len__(self) -> int:
        return len(self.small)

    def __getitem__(self, index: Any) -> npt.NDArray[np.uint8]:
        """Those pictures, enlarged; an index of pictures alone, as `[3]`, `[:10]` or `[array]`."""
        chosen = self.small[index]
        if chosen.ndim == 3:
            return self._enlarge(chosen)
        return (
            np.stack([self._enlarge(each) for each in chosen])
            if len(chosen)
            else np.empty((0, *self.shape[1:]), np.uint8)
        )

    def take(self, index: npt.NDArray[np.int64]) -> EnlargedImages:
        """The pictures at `index`, still small."""
        return EnlargedImages(self.small[index], self.side)

    def _enlarge(self, picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:  # (h, h, 3) -> (side, side, 3)
        return np.asarray(Image.fromarray(picture).resize((self.side, self.side), Image.Resampling.BICUBIC))
