"""The sign test: does raising a gate where a map is positive raise the logit, and lowering it where it is negative?

A gate is a number that features are multiplied by, and how large it is need not say which way it pushes: attention can
be large where a larger one would lower the answer (Y. Liu et al., ICML 2022, arXiv 2201.12114). So it is tried:
over each cell of a grid, the gate is raised, or lowered, by a tenth of its largest value, and the logit either rises or
falls. A map with signs claims something of every cell; one without claims that raising helps where it is above its
mean, and nothing elsewhere. A map that is flat claims nothing, and cells that change nothing are not counted.

Agreement is a share of the cells that are counted, with its exact interval (Clopper and Pearson), against one half by
the exact binomial test, with Holm's correction for all pairs of a map and a gate. Beside it stands the share of all
counted cells in which raising the gate raises the logit: where that is near 1, a map without signs cannot but agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import scipy
from torch import Tensor, nn

from gam_viz.evaluation.permutation import LEVEL, holm
from gam_viz.evidence.ablation.replacements import Replacements, Swap
from gam_viz.evidence.measure import Measure, MeasureInput, Options, Quantity, Verdict
from gam_viz.evidence.single_deletion.score import cells_of, sums
from gam_viz.explain.attributions import Param
from gam_viz.explain.checks import check_target
from gam_viz.explain.explanation import Explanation
from gam_viz.explain.flat import is_flat
from gam_viz.explain.gates import GateReading
from gam_viz.explain.heatmaps import Heatmap, place_of
from gam_viz.runtime.progress import Progress
from gam_viz.text.refusal import RefusalError

GRID, STEP = 8, 0.1  # cells a side at most; of a gate's largest value
ROUNDING = 1e-5  # a change of the logit that is no more than this share of it is none

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class SignTest:
    """Of one map and one gate.

    Attributes:
        key: the map's.
        gate: the gate's layer and branch.
        agree, counted: cells that agree, of those that are counted.
        low, high: exact 95 % interval of the share; 0 and 1 where nothing is counted.
        p: two-sided, against one half, and
        adjusted: after Holm's correction for all pairs of the network.
        raising: share of all cells that change anything in which raising the gate raises the logit; NaN for none.
    """

    key: str
    gate: str
    agree: int
    counted: int
    low: float
    high: float
    p: float
    adjusted: float
    raising: float

    @property
    def share(self) -> float | None:
        """Of agreement, 0..1."""
        return self.agree / self.counted if self.counted else None

    @property
    def verdict(self) -> Literal["agrees", "opposes", "sign_open", "no_claim"]:
        """ "no_claim" where no cell is counted; "sign_open" where one half is not ruled out."""
        if not self.counted:
            return "no_claim"
        if self.adjusted > LEVEL:
            return "sign_open"
        return "agrees" if 2 * self.agree > self.counted else "opposes"


def pushes(
    replacements: Replacements, reading: GateReading, target: int, grid: int = GRID
) -> tuple[IntArray, IntArray]:
    """Which way the logit goes, -1, 0 or 1, when a gate is raised and when it is lowered over each cell: (cells,) each.

    Args:
        replacements: the network and the picture.
        reading: a gate with a value for every row and column, and at least as many of them as cells a side.
        target: index of the class whose logit is watched.
        grid: cells a side.
    """
    step = STEP * float(np.abs(reading.values).max())
    cells = cells_of((reading.values.shape[1], reading.values.shape[2]), grid)

    def moved(by: float, rows: slice, columns: slice) -> Swap:
        def swap(gate: Tensor) -> Tensor:
            other = gate.clone()
            other[:, rows, columns] += by
            return other

        return swap

    variants = [{reading.module: moved(by, *cell)} for by in (step, -step) for cell in cells]
    before = float(replacements.logits[0, target])
    change = replacements.run(variants)[:, target].double().cpu().numpy() - before
    if not np.isfinite(change).all():
        raise RefusalError("errors.reason.answer_not_finite")
    way = np.where(np.abs(change) <= ROUNDING * max(1e-3, abs(before)), 0, np.sign(change)).astype(np.int64)
    return way[: len(cells)], way[len(cells) :]


def claims(map_: Heatmap, size: tuple[int, int], grid: int = GRID) -> IntArray:
    """(cells,): what a finite map says of raising a gate over a cell: 1 that it helps, -1 that it harms, 0 nothing."""
    if is_flat(map_.values, map_.noise):
        return np.zeros(grid * grid, np.int64)
    held = sums(map_.values, size, grid)
    if map_.signed:
        return np.where(np.abs(held) <= 1e-6 * np.abs(held).max(), 0, np.sign(held)).astype(np.int64)
    return (held > held.mean()).astype(np.int64)


def sign_tests(
    network: nn.Module,
    explanation: Explanation,
    x: Tensor,
    target: int,
    maps: Sequence[Heatmap],
    *,
    grid: int = GRID,
    progress: Progress | None = None,
) -> tuple[SignTest, ...]:
    """Every attribution with every gate that has positions of the picture, and every gate's map with its own layer's.

    Two passes a cell and gate; a gate of fewer rows or columns than the grid has one cell each.

    Args:
        network: in eval mode; only read.
        explanation: its prediction and gates, on that picture.
        x: (1, C, S, S), normalised, on the network's device.
        target: index of the class whose logit is watched.
        maps: finite ones.
        grid: cells a side at most.
        progress: told the share that is done and the gate's layer; may raise to leave.

    Raises:
        ValueError: picture or target does not fit, or an answer is not finite.
    """
    replacements = Replacements(network, x)
    check_target(target, replacements.logits.shape[1])
    size = (int(x.shape[-2]), int(x.shape[-1]))
    gates = [reading for reading in replacements.readings if reading.over_picture and reading.per_position]
    gates = [reading for reading in gates if replacements.why_not(reading.module) is None]
    found: list[tuple[str, str, int, int, float]] = []
    for place, reading in enumerate(gates):
        if progress is not None:
            progress(place / len(gates), reading.layer)
        judged = [map_ for map_ in maps if map_.kind != "gate" or map_.layer == place_of(explanation, reading)]
        if not judged:
            continue
        side = min(grid, *reading.values.shape[1:])
        raised, lowered = pushes(replacements, reading, target, side)
        moves = raised[raised != 0]
        raising = float((moves > 0).mean()) if len(moves) else float("nan")
        for map_ in judged:
            said = claims(map_, size, side)
            way = np.where(said > 0, raised, np.where(said < 0, lowered, 0))
            gate = f"{place_of(explanation, reading)} {reading.branch}"
            found.append((map_.key, gate, int((way > 0).sum()), int((way != 0).sum()), raising))
    tests = [scipy.stats.binomtest(agree, counted) if counted else None for _, _, agree, counted, _ in found]
    adjusted = iter(holm([test.pvalue for test in tests if test is not None]))
    results = []
    for (key, gate, agree, counted, raising), test in zip(found, tests, strict=True):
        low, high = (0.0, 1.0) if test is None else test.proportion_ci(0.95, method="exact")
        p, corrected = (1.0, 1.0) if test is None else (float(test.pvalue), next(adjusted))
        results.append(SignTest(key, gate, agree, counted, float(low), float(high), p, corrected, raising))
    return tuple(results)


def _run(given: MeasureInput, options: Options, progress: Progress | None) -> tuple[SignTest, ...]:
    return sign_tests(
        *(given.network, given.explanation, given.x, given.target, given.finite_maps),
        grid=int(options["cells"]),
        progress=progress,
    )


def _verdicts(result: tuple[SignTest, ...]) -> list[Verdict]:
    return [
        Verdict(
            each.key,
            each.verdict,
            {
                **{"gate": each.gate, "share": each.share, "low": each.low, "high": each.high},
                **{"counted": each.counted, "p": each.adjusted, "raising": each.raising},
            },
        )
        for each in result
    ]


SIGN = Measure(
    "sign",
    _run,
    _verdicts,
    title_key="evidence.section.sign",
    about_key="evidence.sign.about",
    needs=("gates", "maps"),
    params=(Param("cells", GRID, 2, 32),),
    quantities=(
        Quantity("gate", "evidence.column.gate", "s"),
        Quantity("share", "evidence.column.agreement", ".0%", (0, 1)),
        Quantity("low", "evidence.column.agreement_low", ".0%", (0, 1)),
        Quantity("high", "evidence.column.agreement_high", ".0%", (0, 1)),
        Quantity("counted", "evidence.column.cells", "d"),
        Quantity("raising", "evidence.column.raising", ".0%", (0, 1)),
        Quantity("p", "evidence.column.p", ".2g"),
    ),
    tones={"agrees": "passed", "opposes": "failed", "sign_open": "open", "no_claim": "open"},
    usual=False,
    effort=0.3,
)
