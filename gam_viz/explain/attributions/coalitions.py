"""Methods that hide many parts of the picture at once, at random: RISE, and KernelSHAP over superpixels."""

from __future__ import annotations

import itertools
import math

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from gam_viz.explain.attributions.gradients import SEED
from gam_viz.explain.attributions.method import Finding, Method, Param, Params, Value
from gam_viz.explain.attributions.paths import BASELINE
from gam_viz.explain.attributions.perturbation import COMPACTNESS, superpixels
from gam_viz.explain.attributions.work import Work

KEPT = 0.5  # of RISE's cells


def rise(work: Work, params: Params, layer: str | None) -> Finding:
    """sum_i (f(x_i) - mean f) M_i / (N p): a pixel gets the mean score of the masks that show it (section 3.2).

    Masks: cells of a grid, each kept with p = 1/2, enlarged smoothly and shifted by a random part of a cell. The mean
    over all masks is subtracted, so that a pixel that changes nothing is near 0 instead of at the mean score.
    """
    count, grid = params["samples"], params["grid"]
    height, width = work.x.shape[-2:]
    cell = math.ceil(height / grid), math.ceil(width / grid)
    generator = torch.Generator().manual_seed(params["seed"])
    cells = (torch.rand(count, 1, grid + 1, grid + 1, generator=generator) < KEPT).to(work.x)
    shifts = [torch.randint(side, (count,), generator=generator).tolist() for side in cell]

    def masks(start: int, stop: int) -> Tensor:  # (n, 1, H, W)
        size = [(grid + 1) * side for side in cell]
        large = interpolate(cells[start:stop], size, mode="bilinear", align_corners=False)
        places = zip(*(each[start:stop] for each in shifts), strict=True)
        return torch.stack([mask[:, y : y + height, x : x + width] for mask, (y, x) in zip(large, places, strict=True)])

    baseline = work.baseline(params["baseline"])

    def shown(start: int, stop: int) -> Tensor:
        return torch.lerp(baseline, work.x, masks(start, stop))

    scores = work.scores(count, shown)
    scores = scores - scores.mean()
    total = torch.zeros_like(work.x[0, 0])
    for start in range(0, count, work.chunk):
        stop = min(start + work.chunk, count)
        total += (scores[start:stop, None, None] * masks(start, stop)[:, 0]).sum(0)
    return Finding(total / (count * KEPT), resolution=(grid, grid), evidence={"samples": count})


def kernel_shap(work: Work, params: Params, layer: str | None) -> Finding:
    """Shapley values of superpixels by weighted least squares over coalitions (theorem 2).

    Coalitions are drawn by the kernel's weight of their size, (M - 1) / (k (M - k)), each with its complement; where
    all of them are no more than `samples`, they are gone through and the values are exact. The values sum to f(x) -
    f(baseline) by constraint, so that there is no delta to tell.
    """
    segments = superpixels(work.x, params["segments"], params["compactness"])
    players, baseline = int(segments.max()) + 1, work.baseline(params["baseline"])
    gap, labels = work.gap(params["baseline"]), segments.to(work.x.device)
    if players == 1:
        return Finding(torch.full(segments.shape, gap), resolution=(1, 1))
    coalitions, weights = _coalitions(players, params["samples"], params["seed"])
    present = torch.from_numpy(coalitions).to(work.x.device)

    def shown(start: int, stop: int) -> Tensor:
        return torch.where(present[start:stop, labels][:, None], work.x, baseline)

    scores = work.scores(len(coalitions), shown).double().cpu().numpy()
    values = torch.from_numpy(_solve(coalitions, weights, scores - (work.score() - gap), gap))
    side = (segments.numel() / players) ** 0.5
    rows, columns = (max(1, round(size / side)) for size in segments.shape)
    evidence: dict[str, Value] = {"superpixels": players, "samples": len(coalitions)}
    return Finding(values[segments], resolution=(rows, columns), evidence=evidence)


def _coalitions(players: int, samples: int, seed: int) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64]]:
    """(n, players) who is in, neither nobody nor all, and (n,) the weight of each."""
    if 2**players - 2 <= samples:
        every = np.array(list(itertools.product((False, True), repeat=players))[1:-1])
        sizes = every.sum(1)
        weights = np.array([(players - 1) / (math.comb(players, k) * k * (players - k)) for k in sizes.tolist()])
        return every, weights
    draw = np.random.default_rng(seed)
    of_size = np.array([(players - 1) / (k * (players - k)) for k in range(1, players)])
    sizes = draw.choice(np.arange(1, players), size=samples // 2, p=of_size / of_size.sum())
    ranks = draw.random((samples // 2, players)).argsort(1).argsort(1)
    half = ranks < sizes[:, None]
    drawn = np.concatenate([half, ~half])
    return drawn, np.ones(len(drawn))


def _solve(
    coalitions: npt.NDArray[np.bool_],
    weights: npt.NDArray[np.float64],
    gains: npt.NDArray[np.float64],
    gap: float,
) -> npt.NDArray[np.float64]:
    """(players,) that fit the gains best and sum to the gap; the last one's value is what the others leave."""
    players = coalitions.astype(float)
    root = np.sqrt(weights)[:, None]
    design = players[:, :-1] - players[:, -1:]
    answers = gains - players[:, -1] * gap
    first = np.linalg.lstsq(root * design, root[:, 0] * answers, rcond=None)[0]
    return np.append(first, gap - first.sum())


RISE = Method(
    "rise",
    "perturbation",
    rise,
    "Petsiuk et al. 2018, arXiv 1806.07421",
    params=(Param("samples", 500, 50, 5000, 50), Param("grid", 7, 2, 16, 1), BASELINE, SEED),
    resolution="window",
    effort=lambda params: params["samples"],
)
KERNEL_SHAP = Method(
    "kernel_shap",
    "perturbation",
    kernel_shap,
    "Lundberg and Lee 2017, arXiv 1705.07874",
    params=(Param("segments", 32, 2, 200, 1), COMPACTNESS, Param("samples", 400, 50, 5000, 50), BASELINE, SEED),
    resolution="superpixel",
    effort=lambda params: params["samples"],
)
