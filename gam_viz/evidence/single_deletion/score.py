"""Single deletion: does a map hold most where removing a cell of the picture costs the class most?

The picture is cut into a grid of cells, one of them at a time becomes the mean colour, and the fall of the class's
logit is held against the sum of the map in that cell by Spearman's rank correlation (R. Hesse, S. Schaub-Meyer and
S. Roth, NeurIPS 2024, arXiv 2407.11910; their grid is 4 x 4). A logit's scale does not matter to ranks, and no order of
removal is taken from the map; so two networks could be compared by it, if removal meant the same to both. To a network
that never saw a removed cell it does not, and the score mixes what cells hold with how the network takes to holes.
Of copies that were tuned with removed cells (`tuned`) the mean over pictures is IDSDS, the in-domain score.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy
from torch import Tensor, nn

from gam_viz.evidence.measure import Measure, MeasureInput, Options, Quantity, Verdict
from gam_viz.explain.attributions import Param
from gam_viz.explain.attributions.prepare import prepare
from gam_viz.explain.attributions.work import Work
from gam_viz.explain.checks import check_picture
from gam_viz.explain.flat import is_flat
from gam_viz.explain.gates import FloatArray
from gam_viz.explain.heatmaps import Heatmap, resized
from gam_viz.runtime.progress import Progress
from gam_viz.text.refusal import RefusalError

GRID = 4  # cells a side

FloatArray64 = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SingleDeletion:
    """Of one map.

    Attributes:
        key: the map's.
        correlation: Spearman's, -1..1, of the map's sums and the falls of the logit over the cells; None where the map
            is flat, or no cell makes a difference.
        cells: how many.
        in_domain: whether the network was tuned with such cells removed.
    """

    key: str
    correlation: float | None
    cells: int
    in_domain: bool


def cells_of(size: tuple[int, int], grid: int = GRID) -> list[tuple[slice, slice]]:
    """Rows and columns of each cell of a picture (H, W), from the top left, row by row; as equal as pixels allow.

    Raises:
        ValueError: there are more cells than pixels on a side.
    """
    if grid > min(size):
        raise RefusalError("errors.reason.too_few_cells", grid=grid, height=size[0], width=size[1])
    rows, columns = ([slice(-(-k * side // grid), -(-(k + 1) * side // grid)) for k in range(grid)] for side in size)
    return list(itertools.product(rows, columns))


def falls(network: nn.Module, x: Tensor, target: int, grid: int = GRID) -> FloatArray64:
    """(cells,): the logit of `target` less what is left of it with each cell at the mean colour.

    Args:
        network: in eval mode; only read.
        x: (1, C, S, S), normalised.
        target: index of the class, label or value.
        grid: cells a side.

    Raises:
        ValueError: picture or target does not fit, or the answers are not finite.
    """
    check_picture(x)
    prepared = prepare(network, x)
    x = prepared.arrange(x.detach().to(prepared.device, prepared.dtype))
    work = Work(prepared, x, prepared.target(x, target))
    cells = cells_of((int(x.shape[-2]), int(x.shape[-1])), grid)
    without = x.repeat(len(cells) + 1, 1, 1, 1)
    for picture, (rows, columns) in zip(without[1:], cells, strict=True):
        picture[:, rows, columns] = 0  # after normalisation, the mean colour
    logits = work.scores(len(without), lambda start, stop: without[start:stop]).double().cpu().numpy()
    if not np.isfinite(logits).all():
        raise RefusalError("errors.reason.squares_not_finite")
    return np.asarray(logits[0] - logits[1:])


def sums(values: FloatArray, size: tuple[int, int], grid: int = GRID) -> FloatArray64:
    """(cells,): of a map (h, w), read at the picture's size as it is drawn."""
    whole = resized(values, size).astype(np.float64)
    return np.array([whole[cell].sum() for cell in cells_of(size, grid)])


def correlation(values: FloatArray, fallen: FloatArray64, size: tuple[int, int], grid: int = GRID) -> float | None:
    """Of a map (h, w) with the falls of the logit (cells,); None where either is the same everywhere."""
    if is_flat(values) or np.ptp(fallen) <= 1e-6 * np.abs(fallen).max():
        return None
    found = float(scipy.stats.spearmanr(sums(values, size, grid), fallen).statistic)
    return found if np.isfinite(found) else None


def single_deletion(
    network: nn.Module, x: Tensor, target: int, maps: Sequence[Heatmap], grid: int = GRID, *, in_domain: bool = False
) -> tuple[SingleDeletion, ...]:
    """Of several finite maps of one network on one picture: 1 + grid² passes, whatever their number.

    Raises:
        ValueError: see `falls`.
    """
    fallen, size = falls(network, x, target, grid), (int(x.shape[-2]), int(x.shape[-1]))
    return tuple(
        SingleDeletion(map_.key, correlation(map_.values, fallen, size, grid), grid * grid, in_domain) for map_ in maps
    )


def tuned_grid(recipe: Mapping[str, object]) -> int:
    """Cells a side of the pictures that a card's recipe removed one of; 0 for none."""
    cells = recipe.get("cells", 0)
    return cells if isinstance(cells, int) else 0


def _run(given: MeasureInput, options: Options, progress: Progress | None) -> tuple[SingleDeletion, ...]:
    grid = int(options["cells"])
    tuned = tuned_grid(given.card.recipe) == grid
    return single_deletion(given.network, given.x, given.target, given.finite_maps, grid, in_domain=tuned)


def _verdicts(result: tuple[SingleDeletion, ...]) -> list[Verdict]:
    domain = {False: "not_tuned", True: "tuned"}
    return [
        Verdict(
            each.key,
            "flat" if each.correlation is None else domain[each.in_domain],
            {"correlation": each.correlation, "cells": each.cells},
        )
        for each in result
    ]


SINGLE_DELETION = Measure(
    "single_deletion",
    _run,
    _verdicts,
    title_key="evidence.section.single_deletion",
    about_key="evidence.single_deletion.about",
    params=(Param("cells", GRID, 2, 16),),
    quantities=(Quantity("correlation", "evidence.column.single_deletion", "+.2f", (-1, 1), "more"),),
    tones=dict.fromkeys(("tuned", "not_tuned", "flat"), "open"),
    usual=False,
)
