"""Methods that take parts of the picture away and look at what becomes of the logit. Forward passes only."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from gam_viz.explain.attributions.method import Finding, Method, Param, Params, Value
from gam_viz.explain.attributions.paths import BASELINE
from gam_viz.explain.attributions.work import Work

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

COMPACTNESS = Param("compactness", 10.0, 0.1, 100.0, 0.1)
STRONG = 0.5  # coarse-to-fine measures every window near a drop of at least this share of the largest
CHECKED = 8  # and one in so many of the others, to see how good the interpolation is there


def occlusion(work: Work, params: Params, layer: str | None) -> Finding:
    """f(x) - f(x with a window put to the baseline); a pixel gets the mean over the windows that covered it.

    `grid` windows fit beside each other along a side, and each is shifted by 1 / `overlap` of its own side: the
    number of passes does not depend on the picture's size.

    With `coarse_to_fine`, windows that do not overlap come first; those between them are measured near strong ones and
    interpolated elsewhere. Trained CBAM and GAM networks on CIFAR-10 needed 40 % of the passes, for a map whose ranks
    correlated 0.92 with the full one's: an option, not the default. "interpolation_error" is the evidence: the root
    mean square error on a sample of windows, as a share of the root mean square drop.
    """
    rows = _windows(work.x.shape[-2], params["grid"], params["overlap"])
    columns = _windows(work.x.shape[-1], params["grid"], params["overlap"])
    baseline, score = work.baseline(params["baseline"]), work.score()
    drops: Array = np.full((len(rows), len(columns)), np.nan)

    def measure(wanted: Mask) -> None:
        places = np.argwhere(wanted & np.isnan(drops))
        if len(places) == 0:
            return

        def occluded(start: int, stop: int) -> Tensor:
            pictures = work.x.repeat(stop - start, 1, 1, 1)
            for picture, (row, column) in zip(pictures, places[start:stop], strict=True):
                window = (slice(None), rows[row], columns[column])
                picture[window] = baseline[0][window]
            return pictures

        scores = work.scores(len(places), occluded)
        drops[tuple(places.T)] = score - scores.double().cpu().numpy()

    evidence: dict[str, Value] = {
        "windows": drops.size,
        "window_rows": rows[0].stop - rows[0].start,
        "window_columns": columns[0].stop - columns[0].start,
    }
    if params["coarse_to_fine"]:
        evidence |= _coarse_to_fine(drops, params["overlap"], measure)
    measure(np.ones(drops.shape, dtype=bool))
    return Finding(_spread(drops, rows, columns, work.x), resolution=drops.shape, evidence=evidence)


def feature_ablation(work: Work, params: Params, layer: str | None) -> Finding:
    """f(x) - f(x with a superpixel put to the baseline), over SLIC superpixels."""
    segments = superpixels(work.x, params["segments"], params["compactness"])
    count, baseline, labels = int(segments.max()) + 1, work.baseline(params["baseline"]), segments.to(work.x.device)

    def without(start: int, stop: int) -> Tensor:
        gone = labels == torch.arange(start, stop, device=labels.device).reshape(-1, 1, 1, 1)  # (n, 1, H, W)
        return torch.where(gone, baseline, work.x)

    # Not by Captum, which waits for a GPU at every superpixel.
    drops = work.score() - work.scores(count, without).double().cpu()
    side = (work.x.shape[-2] * work.x.shape[-1] / count) ** 0.5
    resolution = tuple(max(1, round(size / side)) for size in work.x.shape[-2:])
    return Finding(drops[segments], resolution=(resolution[0], resolution[1]), evidence={"superpixels": count})


def superpixels(x: Tensor, segments: int, compactness: float) -> Tensor:
    """(H, W), on the CPU: labels 0, 1, … of about `segments` SLIC superpixels (Achanta et al. 2012) of (1, 3, H, W).

    Where the picture is so noisy that most superpixels merge, their shape is given more weight against their colour
    (compactness, times 10) until a quarter of `segments` is there.
    """
    from skimage.segmentation import slic  # imported where it is needed: it takes a third of a second

    picture = x[0].permute(1, 2, 0).cpu().double().numpy()
    picture = (picture - picture.min()) / max(float(np.ptp(picture)), 1e-12)  # SLIC compares colours of 0..1
    for weight in (compactness, 10 * compactness, 100 * compactness):
        labels = slic(picture, n_segments=segments, compactness=weight, start_label=0, channel_axis=-1)
        found, labels = np.unique(labels, return_inverse=True)  # numbered without gaps
        if len(found) >= segments / 4:
            break
    return torch.from_numpy(labels.reshape(picture.shape[:2]))


def _windows(size: int, grid: int, overlap: int) -> list[slice]:
    """Windows along a side, as Captum's Occlusion lays them: the last one is cut at the border."""
    side = max(1, round(size / grid))
    stride = max(1, side // overlap)
    count = -((side - size) // stride) + 1
    return [slice(k * stride, min(k * stride + side, size)) for k in range(count)]


def _coarse_to_fine(drops: Array, overlap: int, measure: Callable[[Mask], None]) -> dict[str, Value]:
    """Measure some windows and interpolate the others, in place."""
    axes = [np.unique([*range(0, size, overlap), size - 1]) for size in drops.shape]
    coarse = np.zeros(drops.shape, dtype=bool)
    coarse[np.ix_(*axes)] = True
    measure(coarse)
    anchors = drops[np.ix_(*axes)]
    largest = max(float(np.abs(anchors).max()), 1e-12)
    measure(_between(np.abs(anchors), axes, drops.shape) >= STRONG * largest)
    guesses = _between(anchors, axes, drops.shape)
    left = np.argwhere(np.isnan(drops))
    sample = tuple(left[::CHECKED].T)
    wanted = np.zeros(drops.shape, dtype=bool)
    wanted[sample] = True
    measure(wanted)
    missing = np.isnan(drops)
    count = int(missing.sum())
    evidence: dict[str, Value] = {"measured": drops.size - count, "interpolated": count}
    if count:
        size = max(float(np.sqrt(np.nanmean(drops**2))), 1e-12)
        evidence["interpolation_error"] = float(np.sqrt(np.mean((drops - guesses)[sample] ** 2))) / size
        drops[missing] = guesses[missing]
    return evidence


def _between(values: Array, axes: list[npt.NDArray[np.int64]], shape: tuple[int, ...]) -> Array:
    """Values at some rows and columns, interpolated linearly to all of them."""
    down = np.stack([np.interp(np.arange(shape[0]), axes[0], column) for column in values.T], axis=1)
    return np.stack([np.interp(np.arange(shape[1]), axes[1], row) for row in down], axis=0)


def _spread(drops: Array, rows: list[slice], columns: list[slice], like: Tensor) -> Tensor:
    total = np.zeros(like.shape[-2:])
    cover = np.zeros(like.shape[-2:])
    for row, line in zip(rows, drops, strict=True):
        for column, drop in zip(columns, line, strict=True):
            total[row, column] += drop
            cover[row, column] += 1
    return torch.from_numpy(total / cover)


def _window_count(params: Params) -> float:
    fine = ((params["grid"] - 1) * params["overlap"] + 1) ** 2
    return min(fine, 2.0 * params["grid"] ** 2) if params["coarse_to_fine"] else fine


OCCLUSION = Method(
    "occlusion",
    "perturbation",
    occlusion,
    "Zeiler and Fergus 2013, arXiv 1311.2901",
    params=(
        Param("grid", 8, 2, 16, 1),
        Param("overlap", 2, 1, 4, 1),
        BASELINE,
        Param("coarse_to_fine", False, choices=(True, False)),
    ),
    resolution="window",
    effort=_window_count,
)
FEATURE_ABLATION = Method(
    "feature_ablation",
    "perturbation",
    feature_ablation,
    "Achanta et al. 2012 (superpixels); Ribeiro et al. 2016, arXiv 1602.04938 (their use)",
    params=(Param("segments", 64, 4, 400, 1), COMPACTNESS, BASELINE),
    resolution="superpixel",
    effort=lambda params: params["segments"],
)
