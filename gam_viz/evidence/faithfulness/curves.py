"""Deletion and insertion curves (Petsiuk, Das, Saenko: RISE, BMVC 2018, arXiv 1806.07421, sections 3.2 and 4.2).

Deletion removes the pixels that a map calls important first and watches the class's probability fall (of outputs that
are no classes, the value); insertion starts
from nothing, puts them back in the same order and watches it rise. A good map has a small area under the first curve
and a large one under the second.

Removed pixels have to become something, and what a network makes of half a picture depends on it: a map is good or bad
*for a baseline*. Random orders are therefore measured with the same baseline, to hold the maps against.
They remove patches, as large as it takes for an order to be as smooth as the map (`grains_of`). Single random pixels
would make grainy pictures unlike any that the network was trained on, all of them alike: a smooth map stands out from
them wherever it lies.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from gam_viz.evaluation.permutation import draws_needed
from gam_viz.evidence.faithfulness.fills import Fill, fill_of
from gam_viz.evidence.faithfulness.order import Ranks, grains_of, random_orders, ranked, removed_counts, tie_order
from gam_viz.evidence.faithfulness.result import Curves, Faithfulness, FloatArray64, RandomOrders, RefusedMap
from gam_viz.evidence.faithfulness.settings import Settings
from gam_viz.explain.answers import ANSWERS, AnswerKind
from gam_viz.explain.attributions.prepare import prepare
from gam_viz.explain.attributions.work import Work
from gam_viz.explain.checks import check_picture
from gam_viz.explain.flat import is_flat
from gam_viz.explain.heatmaps import Heatmap
from gam_viz.networks.card import OutputKind
from gam_viz.runtime.progress import Progress
from gam_viz.text.refusal import RefusalError


def faithfulness(
    network: nn.Module,
    x: Tensor,
    target: int,
    maps: Sequence[Heatmap],
    settings: Settings | None = None,
    progress: Progress | None = None,
    *,
    mean: Sequence[float] | None = None,
    std: Sequence[float] | None = None,
    kind: OutputKind = "class",
) -> Faithfulness:
    """Deletion and insertion curves of several maps of one network on one picture, and of random orders.

    The network itself is only read: everything runs on its private copy (see `attributions.prepare`), with the gates
    that are replaced in this context, if any.

    Args:
        network: in eval mode.
        x: (1, C, S, S), normalised; moved to the network's device.
        target: index of the class, label or value that is watched.
        maps: of any resolution; read at S pixels as `Heatmap.at` does. Only the order of their values counts.
        settings: baseline, steps, random orders, seed; the defaults where None.
        progress: told the share that is done (0..1) and the key of the map at work ("random" for random orders),
            between chunks of passes; may raise to leave.
        mean, std: of the normalisation, one each a channel; only the baseline "noise" needs them.

        kind: what the network's scores are: probabilities are watched as such, other scores as they are.

    Raises:
        ValueError: picture, target or setting does not fit, or the network's answers are not finite; the sentence says
            what is accepted. A map that cannot be judged is not an error: see `Faithfulness.refused`.
    """
    settings = settings or Settings()
    check_picture(x)
    size = (int(x.shape[-2]), int(x.shape[-1]))
    removed = removed_counts(size[0] * size[1], settings.steps)
    prepared = prepare(network, x)
    x = prepared.arrange(x.detach().to(prepared.device, prepared.dtype))
    target = prepared.target(x, target)
    work = Work(prepared, x, target)
    fill = fill_of(work, settings, mean, std)

    judged, refused = [], []
    for map_ in maps:
        if np.isfinite(map_.values).all():
            judged.append(map_)
        else:
            refused.append(RefusedMap(map_.key, RefusalError("errors.reason.map_not_finite")))
    grain = settings.grain_of(math.isqrt(size[0] * size[1]))
    ties = tie_order(size, grain, settings.seed)
    flat = [is_flat(map_.values, map_.noise) for map_ in judged]
    orders = [ranked(map_, ties) for map_ in judged]
    own = grains_of(orders, grain) if settings.grain is None else [grain] * len(orders)
    grains = [grain if without_order else of_map for of_map, without_order in zip(own, flat, strict=True)]
    count = settings.orders or draws_needed(flat.count(False))
    pools = sorted({grain, *grains})
    random = [random_orders(size, each, count, settings.seed) for each in pools]
    labels = [map_.key for map_ in judged] + ["random"] * (count * len(pools))
    every = [*orders, *(order for of_grain in random for order in of_grain)]
    found = curves_of(work, fill, np.stack(every), removed, labels, progress, ANSWERS[kind])

    if not np.isfinite(found[:, 0, [0, -1]]).all():
        raise RefusalError("errors.reason.ends_not_finite")
    curves = []
    for index, (map_, (deletion, insertion)) in enumerate(zip(judged, found, strict=False)):
        if np.isfinite(deletion).all() and np.isfinite(insertion).all():
            curves.append(Curves(map_.key, flat[index], grains[index], _read_only(deletion), _read_only(insertion)))
        else:
            refused.append(RefusedMap(map_.key, RefusalError("errors.reason.path_not_finite")))
    if not np.isfinite(found[len(judged) :]).all():
        raise RefusalError("errors.reason.random_not_finite")
    drawn = np.split(found[len(judged) :], len(pools))
    return Faithfulness(
        target=target,
        kind=kind,
        settings=settings,
        removed=_read_only(removed / (size[0] * size[1])),
        curves=tuple(curves),
        pools=tuple(
            RandomOrders(each, _read_only(part[:, 0]), _read_only(part[:, 1]))
            for each, part in zip(pools, drawn, strict=True)
        ),
        refused=tuple(refused),
    )


def curves_of(
    work: Work,
    fill: Fill,
    orders: Ranks,
    removed: npt.NDArray[np.int64],
    labels: Sequence[str],
    progress: Progress | None,
    answers: AnswerKind = ANSWERS["class"],
) -> FloatArray64:
    """(orders, 2, steps + 1) float64: the target, in its measure, as pixels become the baseline's and come back.

    All curves share their two ends, which are computed once.

    Args:
        work: the network, picture and class.
        fill: what removed pixels become.
        orders: (orders, S, S), ranks.
        removed: (steps + 1,), from 0 to all pixels.
        labels: of each order, for `progress`.
        progress: told the share that is done and the label at work.
        answers: how the scores are read.
    """
    ranks = torch.from_numpy(orders).to(work.x.device)
    inner = [(True, int(count)) for count in removed[1:-1]]
    inner += [(False, int(removed[-1] - count)) for count in removed[-2:0:-1]]
    wanted = [(order, *step) for order in range(len(orders)) for step in inner]
    steps = torch.tensor(wanted, device=ranks.device).reshape(-1, 3)
    none = torch.zeros_like(work.x[:, :1], dtype=torch.bool)
    parts = [_measured(work, torch.cat([work.x, fill(none)]), answers)]
    for start in range(0, len(wanted), work.chunk):
        if progress is not None:
            progress(start / len(wanted), labels[wanted[start][0]])
        which, deleting, counts = steps[start : start + work.chunk].unbind(1)
        first = ranks[which] < counts.reshape(-1, 1, 1)  # (n, S, S)
        kept = (first != deleting.bool().reshape(-1, 1, 1))[:, None]
        parts.append(_measured(work, fill(kept), answers))
    whole, nothing, *values = torch.cat(parts).cpu().numpy()  # one copy: each waits for the device
    found = np.empty((len(orders), 2, len(removed)))
    found[:, 0, 0] = found[:, 1, -1] = whole
    found[:, 0, -1] = found[:, 1, 0] = nothing
    found[:, :, 1:-1] = np.reshape(values, (len(orders), 2, -1))
    if progress is not None:
        progress(1.0, labels[-1])
    return found


def _measured(work: Work, pictures: Tensor, answers: AnswerKind) -> Tensor:  # (n, C, S, S) -> (n,)
    with torch.inference_mode():
        return answers.of_target(work.logits(pictures), work.target)


def _read_only(values: FloatArray64) -> FloatArray64:
    values = np.ascontiguousarray(values)
    values.flags.writeable = False
    return values
