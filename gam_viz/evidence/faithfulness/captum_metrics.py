"""Infidelity and max-sensitivity (Yeh et al., NeurIPS 2019, arXiv 1901.09392), by `captum.metrics`.

Infidelity asks whether a map says how far the class's logit falls when parts of the picture are taken away (definition
2.1): for random squares that become the data's mean colour, E[(sum of the map inside - fall of the logit)^2].

That needs numbers in logits for every pixel and channel. A map of pixels has them if its method is complete; a gate, or
a map of a layer, has neither the units nor the resolution. So that all can be judged alike,

-   a map is read at the picture's size as it is drawn (`Heatmap.at`) and spread evenly over the three channels, which
    are taken away together: the sum inside a square is the map's own;
-   it is scaled by the one factor that fits the falls best, as in the authors' own code (Captum's `normalize`): what is
    asked is whether the falls are *proportional* to what the map holds.

Max-sensitivity asks how much a map changes when the picture changes a little (definition 3.1): the largest relative
change over random pictures within a small box around it. It says nothing about whether the map is right: a constant
map has 0.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from captum import metrics
from torch import Tensor, nn

from gam_viz.evidence.faithfulness.result import RefusedMap
from gam_viz.explain.attributions.prepare import prepare
from gam_viz.explain.attributions.work import Work
from gam_viz.explain.checks import check_picture
from gam_viz.explain.heatmaps import Heatmap
from gam_viz.runtime.progress import Progress
from gam_viz.text.refusal import RefusalError

PART = 16  # squares that are held against a map at a time, for memory


@dataclass(frozen=True)
class Infidelity:
    """Of one map.

    Attributes:
        key: the map's.
        value: mean squared error in logits^2, the map scaled to fit best; 0 is perfect.
        share: `value` as a share of the mean squared fall of the logit, 0..1: 0 where the map foretells every fall, 1
            where it foretells none, as a map of zeros. None where no square made any difference.
        constant: `share` of a map that is 1 everywhere, to hold it against: such a map foretells that large squares
            matter more than small ones, which is true of most networks. None where `share` is.
    """

    key: str
    value: float
    share: float | None
    constant: float | None


def infidelity(
    network: nn.Module,
    x: Tensor,
    target: int,
    maps: Sequence[Heatmap],
    *,
    samples: int = 64,
    seed: int = 0,
    progress: Progress | None = None,
) -> tuple[tuple[Infidelity, ...], tuple[RefusedMap, ...]]:
    """Infidelity of several maps of one network on one picture, all under the same squares.

    Runs on the network's private copy; the network itself is only read. As with all that computes, the caller holds the
    device's `lane`.

    Args:
        network: in eval mode.
        x: (1, 3, S, S), normalised; moved to the network's device.
        target: index of the class whose logit is watched.
        maps: of any resolution.
        samples: how many squares; their sides are drawn evenly from an eighth to a half of the shorter side.
        seed: of the squares.
        progress: told the share that is done (0..1) and the key of the map at work; may raise to leave.

    Returns:
        One result a map, in order, without maps that cannot be judged; and those, with a sentence each.

    Raises:
        ValueError: picture, target or number does not fit, or the network's answers are not finite.
    """
    check_picture(x)
    if samples < 1:
        raise ValueError(f"infidelity needs at least 1 square, got {samples}")
    prepared = prepare(network, x)
    x = prepared.arrange(x.detach().to(prepared.device, prepared.dtype))
    work = Work(prepared, x, prepared.target(x, target))
    size = (int(x.shape[-2]), int(x.shape[-1]))
    inside = squares(size, samples, seed)  # (samples, 1, H, W)
    base, there = work.baseline("mean"), inside.to(x)
    # The pictures are the same for every map: they pass through the network once, and all logits come back together.
    left = work.scores(samples, lambda start, stop: torch.where(there[start:stop] > 0, base, x))
    before, *after = torch.cat([work.scores(1, lambda start, stop: x), left]).cpu().split([1, *_parts(samples)])
    whole_picture = torch.zeros(x.shape, dtype=x.dtype)  # Captum asks for pictures; their logits are known

    def of(values: Tensor, *, fit: bool) -> float:
        calls = itertools.count()
        taken = iter(inside.to(x.dtype).split(PART))

        def answer(_: Tensor) -> Tensor:
            part, of_whole = divmod(next(calls), 2)  # of each part what is left, then the picture
            return before if of_whole else after[part]

        def remove(pictures: Tensor) -> tuple[Tensor, Tensor]:  # (n, 3, S, S) -> what is removed, what is left
            return next(taken).expand_as(pictures), pictures

        found = metrics.infidelity(
            answer,
            remove,
            whole_picture,
            values,
            n_perturb_samples=samples,
            max_examples_per_batch=PART,
            normalize=fit,
        )
        return float(found)

    whole = of(whole_picture, fit=False)  # the mean squared fall
    if not math.isfinite(whole):
        raise RefusalError("errors.reason.squares_not_finite")
    level = of(torch.full_like(whole_picture, 1 / x.shape[1]), fit=True) if maps else whole
    constant = min(1.0, max(0.0, level) / whole) if whole > 0 else None
    results, refused = [], []
    for index, map_ in enumerate(maps):
        if progress is not None:
            progress(index / len(maps), map_.key)
        if not np.isfinite(map_.values).all():
            refused.append(RefusedMap(map_.key, RefusalError("errors.reason.map_not_finite")))
            continue
        values = torch.from_numpy(spread(map_, size, x.shape[1])).to(x.dtype)
        # The fitted factor makes up for any scale; at 1 the squares of neither large nor small maps overflow.
        largest = float(values.abs().max())
        error = max(0.0, of(values / largest, fit=True)) if largest > 0 else whole
        results.append(Infidelity(map_.key, error, min(1.0, error / whole) if whole > 0 else None, constant))
    if progress is not None:
        progress(1.0, maps[-1].key if maps else "")
    return tuple(results), tuple(refused)


def _parts(samples: int) -> list[int]:
    """How many squares each part has."""
    return [min(PART, samples - start) for start in range(0, samples, PART)]


def max_sensitivity(
    explain: Callable[[Tensor], npt.NDArray[np.floating]],
    x: Tensor,
    *,
    radius: float = 0.02,
    samples: int = 10,
    seed: int = 0,
) -> float:
    """The largest change of a map when the picture changes by at most `radius` a value; 0 or more, without unit.

    The change is the Euclidean norm of the difference over the norm of the map of the unchanged picture (of the
    difference itself where that map is 0 everywhere).

    Args:
        explain: from a picture (1, 3, H, W) to its map, of any one shape, for a fixed class: runs `samples` + 1 times,
            and whatever it raises comes out of here, so it can also tell progress. For instance
            `lambda x: attribute(network, x, target, "saliency").values`, which runs on the network's private copy.
        x: (1, 3, H, W), normalised.
        radius: half the side of the box around x, in units of normalised pixels (a standard deviation of the data).
        samples: how many pictures are drawn, evenly within the box.
        seed: of the pictures, drawn on the CPU.

    Raises:
        ValueError: picture or number does not fit, or a map holds values that are not finite.
    """
    check_picture(x)
    if samples < 1 or not (math.isfinite(radius) and radius > 0):
        raise ValueError(f"sensitivity needs at least 1 sample and a radius above 0, got {samples} and {radius}")
    shaken = pictures_near(x, radius=radius, samples=samples, seed=seed)

    def mapped(picture: Tensor) -> Tensor:
        values = torch.from_numpy(np.array(explain(picture), np.float64))
        if not bool(torch.isfinite(values).all()):
            raise RefusalError("errors.reason.map_not_finite")
        return values

    def explained(pictures: Tensor | tuple[Tensor, ...]) -> Tensor | tuple[Tensor, ...]:
        if isinstance(pictures, tuple):  # Captum asks for the map of x in this way, and for the others in the other
            return (mapped(pictures[0])[None],)
        return torch.stack([mapped(picture[None]) for picture in pictures])

    # One at a time: that is how maps are made, and pictures in any number would fill the memory.
    near = metrics.sensitivity_max(
        explained, x, lambda _: next(shaken), n_perturb_samples=samples, max_examples_per_batch=1
    )
    return float(near)


def pictures_near(x: Tensor, *, radius: float = 0.02, samples: int = 10, seed: int = 0) -> Iterator[Tensor]:
    """The pictures (1, 3, H, W) within the box around x that `max_sensitivity` asks about, in its order."""
    generator = torch.Generator().manual_seed(seed)
    for _ in range(samples):
        noise = torch.rand(x.shape[1:], generator=generator)
        yield x + radius * (2 * noise - 1).to(x)


def squares(size: tuple[int, int], count: int, seed: int) -> Tensor:
    """(count, 1, H, W): 1 inside a random square that lies in the picture, 0 outside."""
    generator = np.random.default_rng(seed)
    (height, width), shorter = size, min(size)
    smallest, largest = max(1, shorter // 8), max(1, shorter // 2)
    inside = torch.zeros(count, 1, height, width)
    for square in inside:
        side = int(generator.integers(smallest, largest + 1))
        top, left = (int(place) for place in generator.integers(0, [height - side + 1, width - side + 1]))
        square[:, top : top + side, left : left + side] = 1
    return inside


def spread(heatmap: Heatmap, size: tuple[int, int], channels: int = 3) -> npt.NDArray[np.float32]:
    """(1, channels, H, W): a map read at the picture's size, an equal share of each value in each channel."""
    values = heatmap.at(size) / np.float32(channels)
    return np.repeat(values[None, None], channels, axis=1)
