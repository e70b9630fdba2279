"""What an operator drew on an ultrasound picture: the crosses of callipers, digits and letters.

They are drawn where somebody found something to measure, so that they give the answer away: a shortcut of real
pictures. They are thin, bright and, unlike the layers of tissue, upright in part.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from skimage.draw import line
from skimage.restoration import inpaint_biharmonic

RISE = 45  # grey levels above what lies on both sides
LEAST, BRIGHTEST = 110, 170  # grey levels: of every pixel of a mark, and of its brightest one
THIN, UPRIGHT, TALL, LARGEST = 3, 4, 6, 24  # pixels: to either side, of a stroke, of a sign at least and at most
REACH = 8  # pixels, from one letter to the next
FEWEST = 12  # pixels: what is smaller is no mark
Mask = npt.NDArray[np.bool_]


def operator_marks(picture: npt.NDArray[np.uint8]) -> Mask:
    """Where the marks are, without the dotted lines between crosses.

    Looked through by eye on all 716 pictures of BUSI at 256x256: of what it finds nearly all are marks; of the marks it
    misses some that are faint or lie on bright tissue.

    Args:
        picture: (H, W) or (H, W, 3) uint8, grey; about 256 pixels a side.

    Returns:
        (H, W) bool, False everywhere in a picture without marks.
    """
    grey = np.asarray(picture if picture.ndim == 2 else picture[..., 0], dtype=np.float64)
    bright = grey >= LEAST
    upright = bright & _ridge(grey, 0, THIN)
    thin = upright | (bright & (_ridge(grey, THIN, 0) | _ridge(grey, 2, 2) | _ridge(grey, 2, -2)))
    signs, count, extent = _pieces(thin)
    if not count:
        return np.zeros_like(bright)
    numbers = np.arange(1, count + 1)
    strokes = ndimage.binary_opening(upright, np.ones((UPRIGHT, 1)))
    share = ndimage.sum(strokes, signs, numbers) / ndimage.sum(thin, signs, numbers)
    peak = ndimage.maximum(grey, signs, numbers)
    sure = (share >= 0.2) & (extent.max(1) <= LARGEST) & (extent[:, 0] >= TALL) & (peak >= BRIGHTEST)
    kept = _chosen(signs, sure)
    kept = _with_neighbours(kept, kept | (bright & (ndimage.white_tophat(grey, size=9) >= RISE)))
    return kept if kept.sum() >= FEWEST else np.zeros_like(kept)


def painted_over(picture: npt.NDArray[np.uint8], marks: Mask, margin: int = 2) -> npt.NDArray[np.uint8]:
    """The picture as it may be under the marks: smoothly on from what lies around them (biharmonic equation).

    Args:
        picture: (H, W, 3) uint8.
        marks: (H, W) bool.
        margin: pixels around the marks that are painted over too, since pictures are scaled with their marks.
    """
    if not marks.any():
        return picture
    hidden = ndimage.binary_dilation(marks, iterations=margin)
    filled = inpaint_biharmonic(picture, hidden, channel_axis=-1)
    return np.asarray(np.clip(filled, 0, 1) * 255 + 0.5, dtype=np.uint8)


def with_callipers(picture: npt.NDArray[np.uint8], seed: int) -> npt.NDArray[np.uint8]:
    """The picture as if somebody had measured something in it: two pairs of crosses, dotted lines between them.

    Args:
        picture: (H, W, 3) uint8.
        seed: of where, and of how large.
    """
    height, width = picture.shape[:2]
    chance = np.random.default_rng(seed)
    row, column = chance.uniform(0.35, 0.55) * height, chance.uniform(0.35, 0.65) * width
    wide, tall = chance.uniform(0.12, 0.22) * width, chance.uniform(0.08, 0.15) * height
    tilt = chance.uniform(-0.3, 0.3)
    along = np.array([np.sin(tilt), np.cos(tilt)])
    across = np.array([along[1], -along[0]])
    drawn = picture.copy()
    for direction, length in ((along, wide), (across, tall)):
        ends = [tuple(np.rint((row, column) + side * length * direction).astype(int)) for side in (-1, 1)]
        rows, columns = (each[::4] for each in line(*ends[0], *ends[1]))
        drawn[rows, columns] = 200
        for end_row, end_column in ends:
            drawn[end_row - 5 : end_row + 6, end_column] = 255
            drawn[end_row, end_column - 5 : end_column + 6] = 255
    return drawn


def _ridge(grey: npt.NDArray[np.float64], down: int, right: int) -> Mask:
    """Where both neighbours so many pixels away are darker by `RISE`; beyond the border all is as at it."""
    padded = np.pad(grey, THIN, mode="edge")
    height, width = grey.shape

    def at(rows: int, columns: int) -> npt.NDArray[np.float64]:
        return padded[THIN + rows : THIN + rows + height, THIN + columns : THIN + columns + width]

    rises: Mask = np.minimum(grey - at(down, right), grey - at(-down, -right)) >= RISE
    return rises


def _pieces(where: Mask) -> tuple[npt.NDArray[np.int32], int, npt.NDArray[np.int64]]:
    """Connected pieces, numbered from 1; how many; (count, 2) their heights and widths."""
    pieces, count = ndimage.label(where, np.ones((3, 3)))
    boxes = ndimage.find_objects(pieces)
    extent = [[rows.stop - rows.start, columns.stop - columns.start] for rows, columns in boxes]
    return pieces, count, np.array(extent, dtype=np.int64).reshape(count, 2)


def _chosen(pieces: npt.NDArray[np.int32], which: npt.NDArray[np.bool_]) -> Mask:
    mask: Mask = np.concatenate(([False], which))[pieces]
    return mask


def _with_neighbours(kept: Mask, candidates: Mask) -> Mask:
    """A word's other letters: small pieces beside what is kept already, again and again."""
    pieces, count, extent = _pieces(candidates)
    small = (extent.max(1, initial=0) <= LARGEST) & (extent[:, 0] >= TALL)
    while True:
        near = ndimage.binary_dilation(kept, np.ones((1, 2 * REACH + 1)))
        touched = np.zeros(count, dtype=bool)
        touched[np.unique(pieces[near & (pieces > 0)]) - 1] = True
        more = kept | _chosen(pieces, small & touched)
        if (more == kept).all():
            return kept
        kept = more
